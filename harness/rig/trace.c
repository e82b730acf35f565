/* SPDX-License-Identifier: MIT
 *
 * trace.c: see trace.h.
 */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static void print_log(FILE *out, const char *id, uint64_t seed,
                      const struct fake_log *log)
{
    uint64_t first = fake_log_first(log);
    char line[256];

    fprintf(out,
            "{\"case\":\"%s\",\"seed\":%llu,\"events\":%llu,"
            "\"dropped\":%llu}\n",
            id, (unsigned long long)seed, (unsigned long long)log->count,
            (unsigned long long)first);
    for (uint64_t k = first; k < log->count; k++) {
        fake_event_format(fake_log_get(log, k), k, line, sizeof(line));
        fprintf(out, "%s\n", line);
    }
}

static int write_all(int fd, const char *text, size_t bytes)
{
    while (bytes) {
        ssize_t n = write(fd, text, bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        bytes -= (size_t)n;
    }
    return 0;
}

int rig_trace_append(const char *path, const char *id, uint64_t seed,
                     const struct fake_log *log, char *err, size_t room)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    int fd, result;

    if (!out) {
        snprintf(err, room, "out of memory");
        return -1;
    }
    print_log(out, id, seed, log);
    fclose(out);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    result =
        fd < 0 || flock(fd, LOCK_EX) || write_all(fd, text, bytes) ? -1 : 0;
    if (result)
        snprintf(err, room, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(text);
    return result;
}
