/* SPDX-License-Identifier: MIT
 *
 * disk.h: a block device model with one queue, driven request by request, on
 * a disk whose bytes are known.
 */
#ifndef FAKEDEV_TESTS_DISK_H
#define FAKEDEV_TESTS_DISK_H

#include "fakedev/blk.h"
#include "guest.h"

enum {
    T_IN = 0,
    T_OUT = 1,
    T_FLUSH = 4,
    T_GET_ID = 8,
    T_GET_LIFETIME = 10,
    T_DISCARD = 11,
    T_WRITE_ZEROES = 13,
    T_SECURE_ERASE = 14,
};
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };

#define F_RO (UINT64_C(1) << 5)
#define F_FLUSH (UINT64_C(1) << 9)
#define F_WCE (UINT64_C(1) << 11)
#define F_DISCARD (UINT64_C(1) << 13)
#define F_WRITE_ZEROES (UINT64_C(1) << 14)
#define F_LIFETIME (UINT64_C(1) << 15)
#define F_SECURE_ERASE (UINT64_C(1) << 16)

#define SECTORS 64u
#define QUEUE_SIZE 64u
#define UNTOUCHED 0x77
#define FILLER 0xee

/* A memory disk that counts, and fails on request. */
struct disk {
    struct fake_store store;
    struct fake_store *inner;
    unsigned reads, writes, flushes;
    bool fail;
};

struct fixture {
    struct guest g;
    struct fake_lines lines;
    struct fake_blk_config cfg;
    struct fake_blk blk;
    struct fake_ring *ring;
    struct disk disk;
    uint64_t now, wake;
    unsigned line_changes;
    /* memory of the request being built */
    uint8_t *out, *in;
    uint64_t out_dma, in_dma;
    uint32_t out_len, in_len;
};

/* Byte k of the disk. */
uint8_t disk_byte(uint64_t k);

/* Ready for up(): f->cfg may still be changed. */
void setup(struct fixture *f);
void up(struct fixture *f, uint64_t negotiated);
/* The device was reset: it starts anew on the same disk. */
void again(struct fixture *f, uint64_t negotiated);
void down(struct fixture *f);
bool step(struct fixture *f);

/* Memory for one request: header and data out, data in and status. */
void request(struct fixture *f, uint32_t type, uint64_t sector,
             uint32_t out_bytes, uint32_t in_bytes);

/* Publishes the request, cut into pieces of the given sizes (the last one
 * again and again), in a table. */
void publish(struct fixture *f, uint16_t head, const uint32_t *cuts);

extern const uint32_t whole[];

/* Serves the request just built; returns its status. The used length always
 * covers the whole writable part. */
uint8_t serve(struct fixture *f, const uint32_t *cuts);

void expect_data(const uint8_t *mem, uint64_t at, size_t bytes);
void expect_filler(const struct fixture *f);
void expect_disk_unchanged(struct fixture *f);

#endif
