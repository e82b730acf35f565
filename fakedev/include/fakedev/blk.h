/* SPDX-License-Identifier: MIT
 *
 * blk.h: the model of a virtio-blk device (5.2).
 *
 * Requests are decoded from the byte stream of a chain, however it is cut
 * into descriptors (2.7.4.1): 16 bytes of header, data, and the last writable
 * byte for the status. Each request read is one REQUEST event. What cannot
 * be a request (no room for header or status) asks for a reset.
 *
 * Strict where the specification leaves room. VIRTIO_BLK_S_IOERR, and nothing
 * is transferred: a request past the capacity, with a data length that is no
 * multiple of 512, or a write of any kind to a read-only disk; data in the
 * wrong direction; GET_ID with room for other than 20 bytes, GET_LIFETIME for
 * other than 6; a discard, write of zeroes or secure erase with no segment,
 * more than max_*_seg, or one of no sectors or more than max_*_sectors.
 * VIRTIO_BLK_S_UNSUPP: an unknown type, one whose feature was not negotiated,
 * a segment with reserved flags, or with unmap but in WRITE_ZEROES. When a
 * list of segments ends with VIRTIO_BLK_S_IOERR, the seed says which of those
 * in bounds were carried out (5.2.6). Alignments are hints and bind nobody.
 *
 * With a cache (cache.h) the rules of 5.2.6.2 hold to the letter: a write is
 * stable at its completion only if it has to be, and a flush commits those
 * that had completed when it was taken. A write that is still on its way when
 * power goes may have been done or not, or some of its sectors: nothing in
 * 5.2.6.2 is about it. A sector is never torn, in a cache or without one.
 *
 * The used length is always the whole writable part: what a request leaves
 * unwritten is filled with 0xEE. A smaller one could not be told truthfully
 * while it covers the status byte, which comes last (2.7.8.2).
 */
#ifndef FAKEDEV_BLK_H
#define FAKEDEV_BLK_H

#include <stdint.h>

#include "fakedev/cache.h"
#include "fakedev/device.h"
#include "fakedev/store.h"

struct fake_regs;

/* In which order requests that are in flight together complete. */
enum fake_blk_order {
    FAKE_BLK_FIFO,
    FAKE_BLK_LIFO,
    FAKE_BLK_SHUFFLE, /* by the seed */
};

/* What a discarded sector holds afterwards (5.2.6.1: nobody may know). */
enum fake_blk_discard {
    FAKE_BLK_DISCARD_BY_SEED, /* any of these, sector by sector */
    FAKE_BLK_DISCARD_KEEP,
    FAKE_BLK_DISCARD_ZERO,
    FAKE_BLK_DISCARD_GARBAGE,
};

/* Of the requests that carry segments: limits as told in the config space. */
struct fake_blk_limits {
    uint32_t max_sectors, max_seg;
    uint32_t alignment; /* not of WRITE_ZEROES */
};

/* What a vector may ask for. Whether a conforming device could be so is not
 * looked at here: max_seg 0 is served as it stands. */
struct fake_blk_config {
    uint64_t features; /* offered: device type and ring features */
    uint64_t sectors;  /* capacity; 0: that of the store */
    uint32_t size_max; /* told with VIRTIO_BLK_F_SIZE_MAX */
    uint32_t seg_max;
    uint32_t blk_size;
    uint16_t cylinders;
    uint8_t heads, sectors_per_track;
    uint8_t physical_block_exp, alignment_offset;
    uint16_t min_io_size;
    uint32_t opt_io_size;
    uint8_t writeback;
    uint16_t num_queues;
    struct fake_blk_limits discard, write_zeroes, secure_erase;
    uint8_t write_zeroes_may_unmap;
    uint16_t pre_eol_info, lifetime_a, lifetime_b; /* GET_LIFETIME */
    enum fake_blk_discard discarded;
    bool cache;          /* there is one, and it is volatile */
    bool nonsense;       /* made up to see what a driver does with it */
    char id[21];         /* GET_ID, at most 20 characters */
    uint64_t latency_ns; /* from take to completion */
    enum fake_blk_order order;
    uint32_t hold; /* complete nothing before this many are in flight (then
                      all); 0 and 1: at once. Requests held are let go when
                      the device has been idle for a millisecond */
    uint64_t seed;
    uint32_t config_extra; /* config space is that many bytes longer */
};

/* What a fault makes of the write that is being carried out. */
struct fake_blk_whim {
    bool on;
    uint64_t room;  /* bytes that still reach the disk */
    uint64_t shift; /* bytes by which it misses its place */
    uint64_t tear;  /* not 0: the seed by which each sector is written or not */
};

struct fake_blk {
    struct fake_device dev;
    struct fake_blk_config cfg;
    struct fake_store *store; /* borrowed */
    struct fake_cache *cache; /* borrowed, in front of the store; NULL: what is
                                 written is on the store. Set before init */
    uint64_t features;        /* negotiated */
    uint64_t writes;          /* completed so far */
    uint64_t rng;
    /* The word `writeback` that all requests still to be taken came after. */
    uint32_t mode_of[FAKE_QUEUES_MAX];
    struct fake_chain *held; /* taken, waiting to be served, oldest first */
    struct fake_chain *held_last;
    uint32_t held_count;
    uint32_t let_go; /* of the oldest ones held: hold is over for them */
    uint64_t last_take_ns;
    struct fake_chain *late; /* taken, and slower than the others: no order */
    struct fake_blk_whim whim;
};

/* dev's own fields are filled by the machine before this. Sets the capacity
 * in dev's lines. */
void fake_blk_init(struct fake_blk *blk, const struct fake_blk_config *cfg,
                   struct fake_store *store);

/* Writes the config space (5.2.4) as the cfg says; returns its length. Fields
 * whose feature is not offered are written all the same. */
uint32_t fake_blk_config_space(const struct fake_blk_config *cfg,
                               uint64_t sectors, uint8_t *out, uint32_t room);

/* Queues that there are if everything offered is accepted. */
uint32_t fake_blk_queue_count(const struct fake_blk_config *cfg);

/* The front's part in a feature negotiation that has ended: without
 * VIRTIO_BLK_F_MQ there is one queue (5.2.2), and writeback is as a reset
 * leaves it, or 0 if no flush could ever follow (5.2.5.2). */
void fake_blk_features_settled(struct fake_regs *regs,
                               const struct fake_blk_config *cfg);

#endif
