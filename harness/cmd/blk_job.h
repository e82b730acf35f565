/* SPDX-License-Identifier: MIT
 *
 * blk_job.h: one job of `ringtrue blk`: a subject on a disk image, and what it
 * is to do there. Each call returns 0, or an exit code after one line on
 * stderr.
 */
#ifndef RIG_BLK_JOB_H
#define RIG_BLK_JOB_H

#include <stdint.h>

#include "options.h"
#include "rig.h"

#define RIG_BLK_SECTOR_BYTES 512u
#define RIG_BLK_CHUNK_SECTORS 256u /* of one request: 128 KiB */
#define RIG_BLK_CHUNKS 16u         /* requests in flight */

struct rig_blk_job {
    struct rig_setup setup;
    const char *verb;
    const char *file; /* to write to or read from; NULL: stdout, stdin */
    uint64_t sector;
    uint64_t count; /* 0: to the end */
    const struct rig_dut *dut;
    struct rig rig;
    struct rig_blk_info info;
    uint8_t *chunk[RIG_BLK_CHUNKS];
    uint64_t requests;
};

/* Says what went wrong; RIG_EXIT_FAIL. */
int rig_blk_fail(const struct rig_blk_job *job, const char *what);

/* Are these many sectors, from the first one asked for, on the disk? */
int rig_blk_range_check(const struct rig_blk_job *job, uint64_t count);

/* From the disk to the file, and back. */
int rig_blk_read(struct rig_blk_job *job);
int rig_blk_write(struct rig_blk_job *job);

#endif
