/* SPDX-License-Identifier: MIT
 *
 * sink_file.h: the file of a sink. What was there before stays as it is until
 * the first stream starts, so that nothing is lost to a mistake in the rest of
 * a command line; and a file that was made and not used goes again. For
 * harness/audio only.
 */
#ifndef RIG_SINK_FILE_H
#define RIG_SINK_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct rig_sink_file {
    char *path; /* as given */
    int fd;
    bool regular; /* else a pipe, a terminal, ... */
    bool begun;
    char *made; /* what is to be removed if it is not used, or NULL */
};

/* Opens or creates it; access: O_WRONLY or O_RDWR. Returns 0, or -1 and one
 * line in err. */
int rig_sink_file_open(struct rig_sink_file *f, const char *path, int access,
                       char *err, size_t room);

/* Before the first byte: what was there goes. Returns 0, or -1 with errno. */
int rig_sink_file_begin(struct rig_sink_file *f);

/* Whether it is this one, by whatever name. */
bool rig_sink_file_is(const struct rig_sink_file *f, const char *path);

/* Removes it if it was made here and not used; does not close fd. */
void rig_sink_file_free(struct rig_sink_file *f);

#endif
