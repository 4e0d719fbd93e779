/* What requests cost, and how many there were. */
#include "efs.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

/* A LOOKUP of a name that is not there is MISSING: before a creation NFS does not send it. */
const char *const request_names[REQUESTS] = {
    "lookup", "missing", "getattr", "access", "open", "close", "readdir", "readlink", "read",
    "statfs", "create", "mkdir", "symlink", "write", "commit", "setattr", "link", "rename", "remove"
};

static const int64_t SECOND = 1000000000;
int64_t latency[REQUESTS]; /* nanoseconds */
double nanoseconds_per_byte, nanoseconds_per_creation;

atomic_long counted[REQUESTS], bytes_read, bytes_written;

static pthread_mutex_t reserving = PTHREAD_MUTEX_INITIALIZER;
int64_t link_free;
static int64_t creation_free; /* when the next creation can begin */

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

void sleep_until(int64_t due) {
    struct timespec time = {due / SECOND, due % SECOND};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
        ;
}

/* Takes the next free nanoseconds of something that serves one after another. Returns the end. */
int64_t reserve(int64_t *free_at, double nanoseconds) {
    int64_t time = now();
    if (nanoseconds == 0)
        return time;
    pthread_mutex_lock(&reserving);
    time = *free_at = (*free_at > time ? *free_at : time) + (int64_t)nanoseconds;
    pthread_mutex_unlock(&reserving);
    return time;
}

/* A request begins: it is counted. Returns when its latency is over. */
int64_t begin(enum request request) {
    atomic_fetch_add(&counted[request], 1);
    int64_t due = now() + latency[request];
    if (request == CREATE || request == MKDIR || request == SYMLINK) {
        int64_t made = reserve(&creation_free, nanoseconds_per_creation);
        return made > due ? made : due;
    }
    return due;
}

/* The request waits for its latency, then for its bytes on the link. */
void finish(int64_t due, size_t bytes) {
    sleep_until(due);
    if (bytes && nanoseconds_per_byte)
        sleep_until(reserve(&link_free, bytes * nanoseconds_per_byte));
}

size_t print_counters(char *text, size_t size) {
    size_t end = 0;
    for (int request = 0; request < REQUESTS; request++)
        end += snprintf(text + end, size - end, "%s\"%s\": %ld", request ? ", " : "{",
                        request_names[request], atomic_load(&counted[request]));
    return end + snprintf(text + end, size - end, ", \"bytes_read\": %ld, \"bytes_written\": %ld}\n",
                          atomic_load(&bytes_read), atomic_load(&bytes_written));
}

void reset_counters(void) {
    for (int request = 0; request < REQUESTS; request++)
        atomic_store(&counted[request], 0);
    atomic_store(&bytes_read, 0);
    atomic_store(&bytes_written, 0);
}
