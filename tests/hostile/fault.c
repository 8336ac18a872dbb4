/* Lets the n-th call that changes a file below a folder go wrong: it ends the program without warning, or it fails.
 *
 * FAULT_AT     the number of the call, counted over all processes (0: only count)
 * FAULT_ERRNO  the error that the call gives (0: end the program and the one that started it, as kill -9)
 * FAULT_STAYS  "1": every later call fails too, as on a full disk; what frees room does not fail for ENOSPC
 * FAULT_ROOT   the folder
 * FAULT_COUNT  a file of 16 bytes that is shared: the number of calls so far, and whether one went wrong
 * FAULT_MAIN   set here: the process to end as well
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
static long at, number, stays;
static const char *root;

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("FAULT_COUNT");
    root = getenv("FAULT_ROOT");
    at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
    number = getenv("FAULT_ERRNO") ? atol(getenv("FAULT_ERRNO")) : 0;
    stays = getenv("FAULT_STAYS") ? atol(getenv("FAULT_STAYS")) : 0;
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
    if (!getenv("FAULT_MAIN")) {
        char id[32];
        snprintf(id, sizeof id, "%d", getpid());
        setenv("FAULT_MAIN", id, 1);
    }
}

/* Return whether the call on `path` is to fail, with errno set. */
static int strike(int folder, const char *path, int frees)
{
    char whole[PATH_MAX], link[64];
    if (!count || !path)
        return 0;
    if (path[0] != '/') {
        ssize_t size;
        if (folder == AT_FDCWD) {
            if (!getcwd(whole, sizeof whole))
                return 0;
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            size = readlink(link, whole, sizeof whole - 1);
            if (size < 0)
                return 0;
            whole[size] = 0;
        }
        path = whole;
    }
    if (strncmp(path, root, strlen(root)))
        return 0;
    long now = __sync_add_and_fetch(&count[0], 1);
    int full = frees && number == ENOSPC;
    if (!at || now < at || (now > at && (!stays || full)))
        return 0;
    count[1] = 1;
    if (number) {
        errno = full ? EIO : number;
        return 1;
    }
    kill(atoi(getenv("FAULT_MAIN")), SIGKILL);
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

#define REAL(name) __typeof__(&name) really = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int rename(const char *a, const char *b) { REAL(rename); if (strike(AT_FDCWD, b, 1)) return -1; return really(a, b); }
int renameat(int d, const char *a, int e, const char *b) { REAL(renameat); if (strike(e, b, 1)) return -1; return really(d, a, e, b); }
int renameat2(int d, const char *a, int e, const char *b, unsigned f)
{ REAL(renameat2); if (strike(e, b, 1)) return -1; return really(d, a, e, b, f); }
int unlink(const char *a) { REAL(unlink); if (strike(AT_FDCWD, a, 1)) return -1; return really(a); }
int unlinkat(int d, const char *a, int f) { REAL(unlinkat); if (strike(d, a, 1)) return -1; return really(d, a, f); }
int rmdir(const char *a) { REAL(rmdir); if (strike(AT_FDCWD, a, 1)) return -1; return really(a); }
int mkdir(const char *a, mode_t m) { REAL(mkdir); if (strike(AT_FDCWD, a, 0)) return -1; return really(a, m); }
int mkdirat(int d, const char *a, mode_t m) { REAL(mkdirat); if (strike(d, a, 0)) return -1; return really(d, a, m); }
int link(const char *a, const char *b) { REAL(link); if (strike(AT_FDCWD, b, 0)) return -1; return really(a, b); }
int linkat(int d, const char *a, int e, const char *b, int f)
{ REAL(linkat); if (strike(e, b, 0)) return -1; return really(d, a, e, b, f); }
int symlink(const char *a, const char *b) { REAL(symlink); if (strike(AT_FDCWD, b, 0)) return -1; return really(a, b); }
int symlinkat(const char *a, int d, const char *b) { REAL(symlinkat); if (strike(d, b, 0)) return -1; return really(a, d, b); }
int chmod(const char *a, mode_t m) { REAL(chmod); if (strike(AT_FDCWD, a, 1)) return -1; return really(a, m); }
int truncate(const char *a, off_t s) { REAL(truncate); if (strike(AT_FDCWD, a, 1)) return -1; return really(a, s); }

static int strike_handle(int handle, int frees)
{
    char link[64], path[PATH_MAX];
    if (!count)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0 || path[0] != '/')
        return 0;
    path[size] = 0;
    return strike(AT_FDCWD, path, frees);
}

ssize_t write(int h, const void *b, size_t n) { REAL(write); if (strike_handle(h, 0)) return -1; return really(h, b, n); }
ssize_t pwrite(int h, const void *b, size_t n, off_t o) { REAL(pwrite); if (strike_handle(h, 0)) return -1; return really(h, b, n, o); }
int ftruncate(int h, off_t s) { REAL(ftruncate); if (strike_handle(h, 1)) return -1; return really(h, s); }
int fsync(int h) { REAL(fsync); if (strike_handle(h, 0)) return -1; return really(h); }

#define OPENED(folder, path) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
    if (flags & (O_CREAT | O_TRUNC) && strike(folder, path, 0)) return -1;

int open(const char *a, int flags, ...)
{ int (*really)(const char *, int, ...) = dlsym(RTLD_NEXT, "open"); OPENED(AT_FDCWD, a) return really(a, flags, mode); }
int open64(const char *a, int flags, ...)
{ int (*really)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64"); OPENED(AT_FDCWD, a) return really(a, flags, mode); }
int openat(int d, const char *a, int flags, ...)
{ int (*really)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat"); OPENED(d, a) return really(d, a, flags, mode); }
int openat64(int d, const char *a, int flags, ...)
{ int (*really)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat64"); OPENED(d, a) return really(d, a, flags, mode); }
