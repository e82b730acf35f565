/* SPDX-License-Identifier: MIT
 *
 * blk_private.h: what the parts of the block device model share.
 *
 *   blk.c          taking requests, resets, power cuts
 *   blk_order.c    when and in which order they complete
 *   blk_request.c  what each of them does (5.2.6)
 *   blk_range.c    those that carry a list of segments
 *   blk_disk.c     the disk: store and cache, what is stable when (5.2.6.2)
 *   blk_fault.c    writes and reads that go wrong
 *   blk_config.c   the config space (5.2.4)
 */
#ifndef FAKEDEV_BLK_PRIVATE_H
#define FAKEDEV_BLK_PRIVATE_H

#include "fakedev/blk.h"
#include "ringtrue/wire.h"

#define BLK_SECTOR_BYTES 512u
#define BLK_HEADER_BYTES 16u

static inline bool blk_feature(uint64_t set, unsigned bit)
{
    return set >> bit & 1;
}

static inline bool blk_negotiated(const struct fake_blk *blk, unsigned bit)
{
    return blk_feature(blk->features, bit);
}

uint64_t blk_random(struct fake_blk *blk);

/* ---- a request: what is kept in its chain ---- */

/* Bytes behind the header, and before the status. */
static inline uint64_t blk_out_bytes(const struct fake_chain *chain)
{
    return chain->readable_bytes - BLK_HEADER_BYTES;
}

static inline uint64_t blk_in_bytes(const struct fake_chain *chain)
{
    return chain->writable_bytes - 1;
}

static inline uint32_t blk_type(const struct fake_chain *chain)
{
    return (uint32_t)chain->model[0];
}

/* The word `writeback` of the lines when the request was submitted; odd: on, or
 * changed since. */
static inline uint32_t blk_mode_taken(const struct fake_chain *chain)
{
    return (uint32_t)(chain->model[0] >> 32);
}

/* First sector; of a flush, the number of the last write it has to commit. */
static inline uint64_t blk_sector(const struct fake_chain *chain)
{
    return chain->model[1];
}

/* Reads the header, and logs what is asked for. Returns false if there is no
 * request in this buffer. */
bool blk_read_header(struct fake_blk *blk, struct fake_chain *chain);

/* One kind of request. Arguments and result: as blk_execute(). */
typedef uint8_t blk_run_fn(struct fake_blk *blk, const struct fake_chain *chain,
                           uint64_t *done);

/* Carries a request out, all but its status. *done: bytes of the writable
 * part that were filled. Returns the status. */
uint8_t blk_execute(struct fake_blk *blk, const struct fake_chain *chain,
                    uint64_t *done);

/* Serves a request and gives its buffer back. */
void blk_finish(struct fake_blk *blk, struct fake_chain *chain);

/* Power goes while it is on its way: all of it is done, if it is a write; or,
 * by a seed that is not 0, some of its sectors. */
void blk_leave_half_done(struct fake_blk *blk, const struct fake_chain *chain,
                         uint64_t tear);

/* ---- faults ---- */

/* An occasion for a fault that concerns this request, whose header was read. */
bool blk_fault(struct fake_blk *blk, const struct fake_chain *chain,
               enum fake_fault name, uint64_t *arg);

/* Runs it with the faults that are about data. */
uint8_t blk_run_faulty(struct fake_blk *blk, const struct fake_chain *chain,
                       blk_run_fn *run, uint64_t *done);

/* A piece of a write while the whim is on. */
int blk_write_faulty(struct fake_blk *blk, uint64_t offset, const void *from,
                     size_t bytes, bool is_volatile);

/* The disk has no more than that many sectors from now on, and says so. */
void blk_shrink(struct fake_blk *blk, uint64_t sectors);

/* ---- segments ---- */

bool blk_has_ranges(uint32_t type);

/* One RANGE event each. */
void blk_log_ranges(struct fake_blk *blk, const struct fake_chain *chain);

/* The first sector of all its segments, and one more than the last. */
void blk_span(const struct fake_chain *chain, uint64_t *first, uint64_t *end);

uint8_t blk_do_ranges(struct fake_blk *blk, const struct fake_chain *chain);

/* The request fails; of its segments the seed has some done all the same. */
void blk_fail_ranges(struct fake_blk *blk, const struct fake_chain *chain);

/* ---- the disk ---- */

/* Is [sector, sector + sectors) on it? */
bool blk_on_disk(const struct fake_blk *blk, uint64_t sector, uint64_t sectors);

/* May this request be volatile when it completes? */
bool blk_is_volatile(const struct fake_blk *blk,
                     const struct fake_chain *chain);

/* Each returns 0, or -1 when the store failed. */
int blk_disk_read(struct fake_blk *blk, uint64_t offset, void *to,
                  size_t bytes);
int blk_disk_write(struct fake_blk *blk, uint64_t offset, const void *from,
                   size_t bytes, bool is_volatile);
/* The same, and nothing goes wrong. */
int blk_disk_put(struct fake_blk *blk, uint64_t offset, const void *from,
                 size_t bytes, bool is_volatile);
/* After the last piece of a write. */
int blk_disk_written(struct fake_blk *blk, bool is_volatile);
int blk_disk_flush(struct fake_blk *blk, const struct fake_chain *chain);

/* ---- order ---- */

/* Nothing is or has to be held: serve it now. */
bool blk_at_once(const struct fake_blk *blk);

void blk_hold(struct fake_blk *blk, struct fake_chain *chain, uint64_t now_ns);

/* Serves those held whose time has come, a bounded number. Returns true if
 * there were any; lowers *wake_ns to the time of the next. */
bool blk_finish_ready(struct fake_blk *blk, uint64_t now_ns, uint64_t *wake_ns);

/* Takes so much longer than the others: it is served by itself. */
void blk_delay(struct fake_blk *blk, struct fake_chain *chain, uint64_t now_ns,
               uint64_t late_ns);
bool blk_finish_late(struct fake_blk *blk, uint64_t now_ns, uint64_t *wake_ns);

/* Forgets all that are on their way, or those of one queue. */
void blk_forget(struct fake_blk *blk);
void blk_forget_queue(struct fake_blk *blk, uint16_t queue);

#endif
