/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_BACK 4096

/* Where the last whole line of the file ends; -1 with errno. */
static off_t end_of_lines(int fd, off_t size)
{
    char piece[LOOK_BACK];

    while (size > 0) {
        size_t bytes = size < LOOK_BACK ? (size_t)size : LOOK_BACK;
        ssize_t n = pread(fd, piece, bytes, size - (off_t)bytes);
        const char *newline;

        if (n != (ssize_t)bytes) {
            errno = n < 0 ? errno : EIO;
            return -1;
        }
        newline = memrchr(piece, '\n', bytes);
        size -= (off_t)bytes;
        if (newline)
            return size + (newline - piece) + 1;
    }
    return 0;
}

/* A line that a killed run left unfinished would spoil the next one. */
static int drop_half_line(int fd)
{
    struct stat st;
    off_t end;

    if (fstat(fd, &st))
        return -1;
    if (!S_ISREG(st.st_mode))
        return 0;
    end = end_of_lines(fd, st.st_size);
    if (end < 0)
        return -1;
    return end < st.st_size ? ftruncate(fd, end) : 0;
}

int rig_lines_open(struct rig_lines *lines, const char *path, bool append,
                   char *err, size_t room)
{
    /* Reading is for the half line only, which a pipe does not have. */
    int how = append ? O_RDWR : O_WRONLY | O_TRUNC;

    lines->error = 0;
    lines->fd = open(path, how | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (lines->fd >= 0 && append && drop_half_line(lines->fd)) {
        int error = errno;

        close(lines->fd);
        lines->fd = -1;
        errno = error;
    }
    if (lines->fd >= 0)
        return 0;
    snprintf(err, room, "'%s': %s", path, strerror(errno));
    return -1;
}

/* One write(2), as a rule: a pipe or a full disk may take it in parts. */
static int write_line(int fd, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, text, bytes);

        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0) {
            text += n;
            bytes -= (size_t)n;
        }
    }
    return 0;
}

/* With its newline, and without a NUL. NULL: no memory. */
static char *text_of(const json_t *line, size_t *bytes)
{
    size_t length = line ? json_dumpb(line, NULL, 0, JSON_COMPACT) : 0;
    char *text = length ? malloc(length + 1) : NULL;

    if (!text)
        return NULL;
    json_dumpb(line, text, length, JSON_COMPACT);
    text[length] = '\n';
    *bytes = length + 1;
    return text;
}

int rig_lines_add(struct rig_lines *lines, json_t *line)
{
    size_t bytes = 0;
    char *text = NULL;

    if (lines->fd >= 0 && !lines->error) {
        text = text_of(line, &bytes);
        lines->error = text ? write_line(lines->fd, text, bytes) : ENOMEM;
    }
    free(text);
    json_decref(line);
    return lines->error ? -1 : 0;
}

int rig_lines_close(struct rig_lines *lines, char *err, size_t room)
{
    if (lines->fd < 0)
        return 0;
    if (close(lines->fd) && !lines->error)
        lines->error = errno;
    lines->fd = -1;
    if (lines->error)
        snprintf(err, room, "%s", strerror(lines->error));
    return lines->error ? -1 : 0;
}
