/* Ends a program and the one that started it, without warning, at its n-th call that changes a file below a folder.
 *
 * KILL_AT     the number of the call, counted over all processes (0: only count)
 * KILL_ROOT   the folder
 * KILL_COUNT  a file of 16 bytes that is shared: the number of calls so far, and whether one was fatal
 * KILL_MAIN   set here: the process to end as well
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static long *count;
static long at;
static const char *root;

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("KILL_COUNT");
    root = getenv("KILL_ROOT");
    at = getenv("KILL_AT") ? atol(getenv("KILL_AT")) : 0;
    if (!file || !root)
        return;
    int (*really)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int handle = really(file, O_RDWR);
    if (handle < 0)
        return;
    void *shared = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    close(handle);
    if (shared != MAP_FAILED)
        count = shared;
    if (!getenv("KILL_MAIN")) {
        char number[32];
        snprintf(number, sizeof number, "%d", getpid());
        setenv("KILL_MAIN", number, 1);
    }
}

static void strike(int folder, const char *path)
{
    char full[PATH_MAX], link[64];
    if (!count || !path)
        return;
    if (path[0] != '/') {
        ssize_t size;
        if (folder == AT_FDCWD) {
            if (!getcwd(full, sizeof full))
                return;
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            size = readlink(link, full, sizeof full - 1);
            if (size < 0)
                return;
            full[size] = 0;
        }
        path = full;
    }
    if (strncmp(path, root, strlen(root)))
        return;
    if (__sync_add_and_fetch(&count[0], 1) == at) {
        count[1] = 1;
        kill(atoi(getenv("KILL_MAIN")), SIGKILL);
        kill(getpid(), SIGKILL);
        for (;;)
            pause();
    }
}

#define REAL(name) __typeof__(&name) really = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int rename(const char *a, const char *b) { REAL(rename); strike(AT_FDCWD, b); return really(a, b); }
int renameat(int d, const char *a, int e, const char *b) { REAL(renameat); strike(e, b); return really(d, a, e, b); }
int renameat2(int d, const char *a, int e, const char *b, unsigned f)
{ REAL(renameat2); strike(e, b); return really(d, a, e, b, f); }
int unlink(const char *a) { REAL(unlink); strike(AT_FDCWD, a); return really(a); }
int unlinkat(int d, const char *a, int f) { REAL(unlinkat); strike(d, a); return really(d, a, f); }
int rmdir(const char *a) { REAL(rmdir); strike(AT_FDCWD, a); return really(a); }
int mkdir(const char *a, mode_t m) { REAL(mkdir); strike(AT_FDCWD, a); return really(a, m); }
int mkdirat(int d, const char *a, mode_t m) { REAL(mkdirat); strike(d, a); return really(d, a, m); }
int link(const char *a, const char *b) { REAL(link); strike(AT_FDCWD, b); return really(a, b); }
int linkat(int d, const char *a, int e, const char *b, int f)
{ REAL(linkat); strike(e, b); return really(d, a, e, b, f); }
int symlink(const char *a, const char *b) { REAL(symlink); strike(AT_FDCWD, b); return really(a, b); }
int symlinkat(const char *a, int d, const char *b) { REAL(symlinkat); strike(d, b); return really(a, d, b); }
int chmod(const char *a, mode_t m) { REAL(chmod); strike(AT_FDCWD, a); return really(a, m); }
int truncate(const char *a, off_t s) { REAL(truncate); strike(AT_FDCWD, a); return really(a, s); }

static void strike_handle(int handle)
{
    char link[64], path[PATH_MAX];
    if (!count)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size > 0 && path[0] == '/') {
        path[size] = 0;
        strike(AT_FDCWD, path);
    }
}

ssize_t write(int h, const void *b, size_t n) { REAL(write); strike_handle(h); return really(h, b, n); }
ssize_t pwrite(int h, const void *b, size_t n, off_t o) { REAL(pwrite); strike_handle(h); return really(h, b, n, o); }
int ftruncate(int h, off_t s) { REAL(ftruncate); strike_handle(h); return really(h, s); }
int fsync(int h) { REAL(fsync); strike_handle(h); return really(h); }

#define OPENED(folder, path) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
    if (flags & (O_CREAT | O_TRUNC)) strike(folder, path);

int open(const char *a, int flags, ...)
{ int (*really)(const char *, int, ...) = dlsym(RTLD_NEXT, "open"); OPENED(AT_FDCWD, a) return really(a, flags, mode); }
int open64(const char *a, int flags, ...)
{ int (*really)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64"); OPENED(AT_FDCWD, a) return really(a, flags, mode); }
int openat(int d, const char *a, int flags, ...)
{ int (*really)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat"); OPENED(d, a) return really(d, a, flags, mode); }
int openat64(int d, const char *a, int flags, ...)
{ int (*really)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat64"); OPENED(d, a) return really(d, a, flags, mode); }
