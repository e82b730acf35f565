/* SPDX-License-Identifier: MIT
 *
 * lines.h: a file of JSON Lines that grows while a run goes on, and is good up
 * to where the run was when it was killed. Each line is one write(2) to a file
 * opened for appending: nothing is kept back in this process, and writers of
 * the same file do not mix their lines.
 *
 * A signal that kills can still cut a write short between two pages of the
 * file: a reader leaves out a last line without a newline.
 */
#ifndef RIG_LINES_H
#define RIG_LINES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct rig_lines {
    int fd;    /* -1: not open */
    int error; /* errno of the first line that could not be written, or 0 */
};

#define RIG_LINES_CLOSED                                                       \
    {                                                                          \
        -1, 0                                                                  \
    }

/* Begins the file anew, or (append) goes on behind its last whole line.
 * Returns 0, or -1 and one line in err. */
int rig_lines_open(struct rig_lines *lines, const char *path, bool append,
                   char *err, size_t room);

/* One line; takes over `line`. Returns 0, or -1: out of memory or disk, now or
 * earlier; then nothing is written any more, for what came behind a half line
 * would be lost with it. Not open: does nothing. */
int rig_lines_add(struct rig_lines *lines, json_t *line);

/* Returns 0, or -1 if the file is not whole, with one line in err. Also fine if
 * it is not open. */
int rig_lines_close(struct rig_lines *lines, char *err, size_t room);

#endif
