/* SPDX-License-Identifier: MIT
 *
 * child.h: one job of a pool in a process of its own.
 */
#ifndef RIG_CHILD_H
#define RIG_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "keeper.h"
#include "pool.h"

struct rig_child {
    pid_t pid; /* 0: this slot is free */
    size_t job;
    int result;   /* read end, or -1 */
    int output;   /* read end of its stdout and stderr, or -1 */
    bool overdue; /* was killed at the deadline */
    uint64_t start_ms, deadline_ms; /* rig_now_ms */
    char *text;                     /* the result so far */
    size_t text_bytes, text_room;
    char tail[RIG_POOL_TAIL]; /* a ring */
    uint64_t tail_bytes;      /* ever written to it */
};

/* Monotonic. */
uint64_t rig_now_ms(void);

/* Forks. c is one of `all` slots; with the descriptors of the others the child
 * has no business. Returns 0, or -1 with errno. */
int rig_child_start(struct rig_child *c, const struct rig_pool *pool,
                    size_t job, const struct rig_child *all, unsigned count,
                    struct rig_keeper *keeper);

/* Reads what is there, from both pipes. */
void rig_child_read(struct rig_child *c);

/* SIGKILL, to what it may have started as well. */
void rig_child_kill(const struct rig_child *c);

/* The child has been reaped, with this waitpid status: fills *r with its
 * result and frees the slot. */
void rig_child_end(struct rig_child *c, const struct rig_pool *pool, int status,
                   struct rig_result *r);

#endif
