// Preloaded into strata-dataplane by the test beside it: from the moment that the file named by
// STRATA_HANG exists, receiving never comes back, as in a driver that loops.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int there(const char* path) { return path != NULL && access(path, F_OK) == 0; }

int recvmmsg(int fd, struct mmsghdr* messages, unsigned int count, int flags, struct timespec* timeout) {
    static int (*next)(int, struct mmsghdr*, unsigned int, int, struct timespec*);
    if (next == NULL) next = dlsym(RTLD_NEXT, "recvmmsg");
    const int received = next(fd, messages, count, flags, timeout);
    if (received > 0)
        while (there(getenv("STRATA_HANG"))) {
        }
    return received;
}
