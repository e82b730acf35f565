/* SPDX-License-Identifier: MIT
 *
 * blk.h: the model of a virtio-blk device (5.2).
 *
 * Requests are decoded from the byte stream of a chain, however it is cut
 * into descriptors (2.7.4.1): 16 bytes of header, data, and the last writable
 * byte for the status. Each request read is one REQUEST event. What cannot
 * be a request (no room for header or status) asks for a reset.
 *
 * Strict where the specification leaves room: a request past the capacity,
 * with a data length that is no multiple of 512, or a write to a read-only
 * disk ends with VIRTIO_BLK_S_IOERR and transfers nothing, as does data in
 * the wrong direction and a GET_ID with room for other than 20 bytes; an
 * unknown type, or a flush without VIRTIO_BLK_F_FLUSH, ends with
 * VIRTIO_BLK_S_UNSUPP.
 *
 * The used length is always the whole writable part: what a request leaves
 * unwritten is filled with 0xEE. A smaller one could not be told truthfully
 * while it covers the status byte, which comes last (2.7.8.2).
 */
#ifndef FAKEDEV_BLK_H
#define FAKEDEV_BLK_H

#include <stdint.h>

#include "fakedev/device.h"
#include "fakedev/store.h"

/* In which order requests that are in flight together complete. */
enum fake_blk_order {
    FAKE_BLK_FIFO,
    FAKE_BLK_LIFO,
    FAKE_BLK_SHUFFLE, /* by the seed */
};

/* All of it legal under 5.2; what a vector may ask for. */
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
    char id[21];         /* GET_ID, at most 20 characters */
    uint64_t latency_ns; /* from take to completion */
    enum fake_blk_order order;
    uint32_t hold; /* complete nothing before this many are in flight (then
                      all); 0 and 1: at once. Requests held are let go when
                      the device has been idle for a millisecond */
    uint64_t seed;
    uint32_t config_extra; /* config space is that many bytes longer */
};

struct fake_blk {
    struct fake_device dev;
    struct fake_blk_config cfg;
    struct fake_store *store; /* borrowed */
    uint64_t features;        /* negotiated */
    uint64_t rng;
    struct fake_chain *held; /* taken, waiting to be served, oldest first */
    struct fake_chain *held_last;
    uint32_t held_count;
    uint32_t let_go; /* of the oldest ones held: hold is over for them */
    uint64_t last_take_ns;
};

/* dev's own fields are filled by the machine before this. Sets the capacity
 * in dev's lines. */
void fake_blk_init(struct fake_blk *blk, const struct fake_blk_config *cfg,
                   struct fake_store *store);

/* Writes the config space (5.2.4) as the cfg says; returns its length. Fields
 * whose feature is not offered are written all the same. */
uint32_t fake_blk_config_space(const struct fake_blk_config *cfg,
                               uint64_t sectors, uint8_t *out, uint32_t room);

#endif
