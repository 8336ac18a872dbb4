/* Lets the n-th call that changes a file below a folder go wrong: it gives an error, or a signal ends the run.
 *
 * FAULT_PAGE names a file that is shared by all processes of a run: what is asked for, and what came of it.
 * A write is two calls: before its first byte, and half-way. There an error is a short write.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

static struct {
    long count; /* the calls so far */
    long fired; /* how many went wrong */
    long at;    /* the number of the call that goes wrong (0: none) */
    long fault; /* the error that it gives; below 0: the signal that ends the run */
    long stays; /* whether every later call gives it too, as on a full disk; a signal ends git's processes as well */
    long reads; /* whether calls that read are counted, instead of those that change */
    long run;   /* the process that leads the run */
    char root[1000]; /* the folder */
    char only[1000]; /* what the name and path of a call must hold to be counted */
    char told[1000]; /* the call that went wrong */
} *page;

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("FAULT_PAGE");
    int (*really)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int handle = file ? really(file, O_RDWR) : -1;
    if (handle < 0)
        return;
    void *shared = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    close(handle);
    if (shared != MAP_FAILED)
        page = shared;
}

/* Return the path below the root, or nothing where it lies elsewhere; `whole` is room for it. */
static const char *below(int folder, const char *path, char *whole)
{
    char link[64];
    whole[0] = 0;
    if (!page || !page->run || !path)
        return NULL;
    if (path[0] != '/') {
        snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
        ssize_t size = readlink(link, whole, PATH_MAX - 1);
        if (size < 0)
            return NULL;
        snprintf(whole + size, PATH_MAX - size, "/");
    }
    snprintf(whole + strlen(whole), PATH_MAX - strlen(whole), "%s", path);
    size_t size = strlen(page->root);
    return strncmp(whole, page->root, size) ? NULL : whole + size;
}

static const char *below_handle(int handle, char *whole)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t size = page && page->run ? readlink(link, path, sizeof path - 1) : -1;
    if (size <= 0)
        return NULL;
    path[size] = 0;
    return path[0] == '/' ? below(AT_FDCWD, path, whole) : NULL;
}

enum { MAKES, FREES, READS }; /* FREES: no later call of that kind fails on a full disk */

/* Return whether the call `name` on `path` counts; tell it in `told`. */
static int counts(const char *name, const char *path, int kind, char *told)
{
    if (!path || page->reads != (kind == READS))
        return 0;
    snprintf(told, sizeof page->told, "%s %s", name, path);
    return strstr(told, page->only) != NULL;
}

/* Count the call `name` on `path`; return whether it is to fail, with errno set. */
static int strike(const char *name, const char *path, int kind)
{
    char told[sizeof page->told];
    if (!counts(name, path, kind, told))
        return 0;
    long now = __sync_add_and_fetch(&page->count, 1), number = page->fault;
    int full = number == ENOSPC || number == EDQUOT;
    if (!page->at || now < page->at || (now > page->at && (!page->stays || (full && kind == FREES))))
        return 0;
    if (__sync_fetch_and_add(&page->fired, 1) == 0)
        strcpy(page->told, told);
    if (number > 0) {
        errno = number;
        return 1;
    }
    kill(page->stays ? -page->run : page->run, -number);
    if (page->stays)
        kill(0, -number);
    return 0;
}

#define REAL(name) __typeof__(&name) really = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define PATHS(name, kind, folder, path, parameters, ...) \
    int name parameters { REAL(name); char whole[PATH_MAX]; return strike(#name, below(folder, path, whole), kind) ? -1 : really(__VA_ARGS__); }
#define HANDLES(name, kind, parameters, ...) \
    int name parameters { REAL(name); char whole[PATH_MAX]; return strike(#name, below_handle(h, whole), kind) ? -1 : really(__VA_ARGS__); }

PATHS(rename, FREES, AT_FDCWD, b, (const char *a, const char *b), a, b)
PATHS(renameat, FREES, e, b, (int d, const char *a, int e, const char *b), d, a, e, b)
PATHS(renameat2, FREES, e, b, (int d, const char *a, int e, const char *b, unsigned f), d, a, e, b, f)
PATHS(unlink, FREES, AT_FDCWD, a, (const char *a), a)
PATHS(unlinkat, FREES, d, a, (int d, const char *a, int f), d, a, f)
PATHS(remove, FREES, AT_FDCWD, a, (const char *a), a)
PATHS(rmdir, FREES, AT_FDCWD, a, (const char *a), a)
PATHS(mkdir, MAKES, AT_FDCWD, a, (const char *a, mode_t m), a, m)
PATHS(mkdirat, MAKES, d, a, (int d, const char *a, mode_t m), d, a, m)
PATHS(link, MAKES, AT_FDCWD, b, (const char *a, const char *b), a, b)
PATHS(linkat, MAKES, e, b, (int d, const char *a, int e, const char *b, int f), d, a, e, b, f)
PATHS(symlink, MAKES, AT_FDCWD, b, (const char *a, const char *b), a, b)
PATHS(symlinkat, MAKES, d, b, (const char *a, int d, const char *b), a, d, b)
PATHS(chmod, FREES, AT_FDCWD, a, (const char *a, mode_t m), a, m)
PATHS(fchmodat, FREES, d, a, (int d, const char *a, mode_t m, int f), d, a, m, f)
PATHS(utimensat, FREES, d, a, (int d, const char *a, const struct timespec t[2], int f), d, a, t, f)
PATHS(utime, FREES, AT_FDCWD, a, (const char *a, const struct utimbuf *t), a, t)
PATHS(utimes, FREES, AT_FDCWD, a, (const char *a, const struct timeval t[2]), a, t)
PATHS(truncate, FREES, AT_FDCWD, a, (const char *a, off_t s), a, s)
PATHS(truncate64, FREES, AT_FDCWD, a, (const char *a, off64_t s), a, s)
HANDLES(ftruncate, FREES, (int h, off_t s), h, s)
HANDLES(ftruncate64, FREES, (int h, off64_t s), h, s)
HANDLES(futimens, FREES, (int h, const struct timespec t[2]), h, t)
HANDLES(fchmod, FREES, (int h, mode_t m), h, m)
HANDLES(fsync, MAKES, (int h), h)
HANDLES(fdatasync, MAKES, (int h), h)
HANDLES(syncfs, MAKES, (int h), h)

#define WRITES(name, parameters, ...) \
    ssize_t name parameters { \
        REAL(name); \
        char whole[PATH_MAX], told[sizeof page->told]; \
        const char *path = below_handle(h, whole); \
        if (strike(#name, path, MAKES)) return -1; \
        int half = n > 1 && counts("half a " #name, path, MAKES, told), due = half && page->count + 1 == page->at; \
        if (due) n /= 2; \
        ssize_t done = due ? really(__VA_ARGS__) : 0; \
        if (half) strike("half a " #name, path, MAKES); \
        return due ? done : really(__VA_ARGS__); \
    }
WRITES(write, (int h, const void *b, size_t n), h, b, n)
WRITES(pwrite, (int h, const void *b, size_t n, off_t o), h, b, n, o)
WRITES(pwrite64, (int h, const void *b, size_t n, off64_t o), h, b, n, o)

#define READS_OR_WRITES(name, kind, parameters, ...) \
    ssize_t name parameters { REAL(name); char whole[PATH_MAX]; return strike(#name, below_handle(h, whole), kind) ? -1 : really(__VA_ARGS__); }
READS_OR_WRITES(writev, MAKES, (int h, const struct iovec *b, int n), h, b, n)
READS_OR_WRITES(read, READS, (int h, void *b, size_t n), h, b, n)
READS_OR_WRITES(pread, READS, (int h, void *b, size_t n, off_t o), h, b, n, o)
READS_OR_WRITES(pread64, READS, (int h, void *b, size_t n, off64_t o), h, b, n, o)

#define OPENS(name, folder, parameters, ...) \
    int name parameters { \
        int (*really) parameters = dlsym(RTLD_NEXT, #name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
        char whole[PATH_MAX]; \
        if (strike(#name, below(folder, a, whole), flags & (O_CREAT | O_TRUNC) ? MAKES : READS)) return -1; \
        return really(__VA_ARGS__, flags, mode); \
    }
OPENS(open, AT_FDCWD, (const char *a, int flags, ...), a)
OPENS(open64, AT_FDCWD, (const char *a, int flags, ...), a)
OPENS(openat, d, (int d, const char *a, int flags, ...), d, a)
OPENS(openat64, d, (int d, const char *a, int flags, ...), d, a)

/* Standard I/O writes in libc, unseen: what it still holds is counted when the stream is closed. */
int fclose(FILE *f)
{
    REAL(fclose);
    char whole[PATH_MAX];
    int fails = __fpending(f) && strike("fclose", below_handle(fileno(f), whole), MAKES), number = errno;
    if (fails)
        __fpurge(f);
    int done = really(f);
    errno = fails ? number : errno;
    return fails ? EOF : done;
}

int mkstemp(char *a)
{
    REAL(mkstemp);
    char whole[PATH_MAX];
    return strike("mkstemp", below(AT_FDCWD, a, whole), MAKES) ? -1 : really(a);
}

#define STREAMS(name) \
    FILE *name(const char *a, const char *how) { \
        REAL(name); \
        char whole[PATH_MAX]; \
        return strike(#name, below(AT_FDCWD, a, whole), how[0] == 'r' ? READS : MAKES) ? NULL : really(a, how); \
    }
STREAMS(fopen)
STREAMS(fopen64)
