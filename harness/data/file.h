/* SPDX-License-Identifier: MIT
 *
 * file.h: whole files in, whole files out.
 */
#ifndef RIG_FILE_H
#define RIG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Text of a regular file of at most 16 MiB without NUL bytes, to be freed.
 * Returns NULL and one line in err: the path and what is wrong. */
char *rig_file_read(const char *path, char *err, size_t room);

/* A file that appears whole or not at all: written without a name, which it
 * gets in the end, so that nothing is left of it if the process is killed;
 * where the file system does not know such files, beside its target.
 * Something that is no regular file (/dev/stdout) is written in place. */
struct rig_out {
    FILE *stream; /* NULL: not open */
    char *target;
    char *temp;    /* its name beside the target; NULL: it has none there */
    bool nameless; /* as yet; if not, and without temp: written in place */
};

/* Returns 0, or -1 and one line in err. Nothing visible happens yet. */
int rig_out_open(struct rig_out *out, const char *path, char *err, size_t room);

/* Ends the file. Returns 0, or -1 and one line in err: the target is then as
 * it was before. */
int rig_out_commit(struct rig_out *out, char *err, size_t room);

/* Leaves the target alone. Also fine after commit, or if never opened but
 * zeroed. */
void rig_out_abandon(struct rig_out *out);

#endif
