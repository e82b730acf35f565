/* SPDX-License-Identifier: MIT
 *
 * pool.h: runs jobs in child processes, several at once, each with a
 * deadline. What a job does to its process (a signal, an endless loop, exit)
 * is the result of that job and of no other.
 *
 * Threads: the caller must be single-threaded, for a child has only the
 * thread that forked. The children get stdin from /dev/null; their last
 * words on stdout and stderr go into the result if there is no better one.
 */
#ifndef RIG_POOL_H
#define RIG_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "result.h"

/* Bytes kept of what a child printed. */
#define RIG_POOL_TAIL 2048

struct rig_pool {
    size_t count;         /* jobs are numbered 0 .. count - 1 */
    unsigned at_once;     /* >= 1 */
    uint64_t deadline_ms; /* per job, >= 1 */

    /* In the child: does job k and fills *out, which is zeroed. */
    void (*run)(void *ctx, size_t k, struct rig_result *out);

    /* In the caller, once per job, in the order in which they end. *result
     * belongs to the pool; what is to live on may be taken out and set to
     * NULL. */
    void (*done)(void *ctx, size_t k, struct rig_result *result);

    void *ctx;
};

/* Returns 0 when every job is done; the number of a signal (SIGINT, SIGTERM)
 * that ended the run early: the children are gone then, and done was called
 * for finished jobs only; or -1 with errno: nothing could be run. */
int rig_pool_run(const struct rig_pool *pool);

#endif
