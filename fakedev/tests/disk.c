/* SPDX-License-Identifier: MIT
 *
 * disk.c: see disk.h.
 */
#include "disk.h"

#include <stdlib.h>

static int disk_read(struct fake_store *s, uint64_t offset, void *to,
                     size_t bytes)
{
    struct disk *d = (struct disk *)s;

    d->reads++;
    return d->fail ? -1 : d->inner->ops->read(d->inner, offset, to, bytes);
}

static int disk_write(struct fake_store *s, uint64_t offset, const void *from,
                      size_t bytes)
{
    struct disk *d = (struct disk *)s;

    d->writes++;
    return d->fail ? -1 : d->inner->ops->write(d->inner, offset, from, bytes);
}

static int disk_flush(struct fake_store *s)
{
    struct disk *d = (struct disk *)s;

    d->flushes++;
    return d->fail ? -1 : 0;
}

static void disk_close(struct fake_store *s)
{
    struct disk *d = (struct disk *)s;

    d->inner->ops->close(d->inner);
}

static const struct fake_store_ops disk_ops = {disk_read, disk_write,
                                               disk_flush, disk_close};

static void line_changed(void *ctx)
{
    ((struct fixture *)ctx)->line_changes++;
}

uint8_t disk_byte(uint64_t k)
{
    return (uint8_t)(k % 253 + 1);
}

static void fill_disk(struct fixture *f)
{
    struct fake_store *s;
    char err[64];

    s = fake_store_memory(SECTORS * 512, err, sizeof(err));
    assert_non_null(s);
    for (uint64_t k = 0; k < s->bytes; k++) {
        uint8_t byte = disk_byte(k);

        s->ops->write(s, k, &byte, 1);
    }
    f->disk = (struct disk){.store = {&disk_ops, s->bytes}, .inner = s};
}

void setup(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    guest_init(&f->g, QUEUE_SIZE, F_INDIRECT);
    fill_disk(f);
    f->cfg.features = F_FLUSH;
    strcpy(f->cfg.id, "ringtrue-0");
}

void up(struct fixture *f, uint64_t negotiated)
{
    struct fake_control c = {.kind = FAKE_CONTROL_QUEUE_UP, .queue = f->g.cfg};

    f->blk.dev.arena = &f->g.arena;
    f->blk.dev.log = &f->g.log;
    f->blk.dev.faults = &f->g.faults;
    f->blk.dev.lines = &f->lines;
    f->blk.dev.line_changed = line_changed;
    f->blk.dev.line_ctx = f;
    f->blk.dev.queue_count = 1;
    fake_blk_init(&f->blk, &f->cfg, &f->disk.store);
    f->ring = &f->blk.dev.ring[0];
    fake_device_control(&f->blk.dev, &c);
    c.kind = FAKE_CONTROL_DRIVER_OK;
    c.features = negotiated;
    fake_device_control(&f->blk.dev, &c);
    guest_mark(&f->g);
}

void again(struct fixture *f, uint64_t negotiated)
{
    struct fake_control c = {.kind = FAKE_CONTROL_RESET};

    fake_device_control(&f->blk.dev, &c);
    guest_free(&f->g);
    guest_init(&f->g, QUEUE_SIZE, F_INDIRECT);
    up(f, negotiated);
}

void down(struct fixture *f)
{
    struct fake_control c = {.kind = FAKE_CONTROL_RESET};

    fake_device_control(&f->blk.dev, &c);
    f->disk.store.ops->close(&f->disk.store);
    guest_free(&f->g);
}

bool step(struct fixture *f)
{
    f->wake = FAKE_NEVER;
    return fake_device_step(&f->blk.dev, f->now, &f->wake);
}

void request(struct fixture *f, uint32_t type, uint64_t sector,
             uint32_t out_bytes, uint32_t in_bytes)
{
    f->out_len = 16 + out_bytes;
    f->in_len = in_bytes + 1;
    f->out = guest_mem(&f->g, f->out_len);
    f->in = guest_mem(&f->g, f->in_len);
    memset(f->in, UNTOUCHED, f->in_len);
    put_le(f->out, type, 4);
    put_le(f->out + 8, sector, 8);
    f->out_dma = guest_share(&f->g, f->out, f->out_len, FAKE_TO_DEVICE);
    f->in_dma = guest_share(&f->g, f->in, f->in_len, FAKE_FROM_DEVICE);
}

void publish(struct fixture *f, uint16_t head, const uint32_t *cuts)
{
    uint32_t piece[2] = {f->out_len, f->in_len};
    uint64_t addr[2] = {f->out_dma, f->in_dma};
    uint8_t *table = guest_mem(&f->g, 16 * QUEUE_SIZE);
    uint16_t n = 0;

    for (unsigned part = 0; part < 2; part++) {
        while (piece[part]) {
            uint32_t len = *cuts < piece[part] ? *cuts : piece[part];

            piece[part] -= len;
            put_desc(
                table + 16 * n, addr[part], len,
                (uint16_t)((part ? WRITE : 0) | (part && !piece[1] ? 0 : NEXT)),
                (uint16_t)(n + 1));
            addr[part] += len;
            n++;
            if (cuts[1])
                cuts++;
        }
    }
    assert_true(n <= QUEUE_SIZE);
    guest_desc(&f->g, head,
               guest_share(&f->g, table, 16 * (size_t)n, FAKE_TO_DEVICE),
               16u * n, INDIRECT, 0);
    guest_publish(&f->g, head);
}

const uint32_t whole[] = {UINT32_MAX, 0};

uint8_t serve(struct fixture *f, const uint32_t *cuts)
{
    uint16_t idx = guest_used_idx(&f->g);

    publish(f, 0, cuts);
    assert_true(step(f));
    assert_int_equal(guest_used_idx(&f->g), (uint16_t)(idx + 1));
    assert_int_equal(guest_used_len(&f->g, idx), f->in_len);
    return f->in[f->in_len - 1];
}

void expect_data(const uint8_t *mem, uint64_t at, size_t bytes)
{
    for (size_t k = 0; k < bytes; k++)
        assert_int_equal(mem[k], disk_byte(at + k));
}

void expect_filler(const struct fixture *f)
{
    for (uint32_t k = 0; k + 1 < f->in_len; k++)
        assert_int_equal(f->in[k], FILLER);
}

void expect_disk_unchanged(struct fixture *f)
{
    uint8_t *all = malloc(SECTORS * 512);

    f->disk.inner->ops->read(f->disk.inner, 0, all, SECTORS * 512);
    expect_data(all, 0, SECTORS * 512);
    free(all);
}
