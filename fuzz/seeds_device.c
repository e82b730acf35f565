/* SPDX-License-Identifier: MIT */
/* Seeds of fuzz_device: see device/ops.h for what the bytes mean. */
#include "device/ops.h"
#include "ringtrue/wire.h"
#include "seeds.h"

#define GO(name) FUZZ_GO_##name

/* Numbers of more than a byte. */
#define U16(n) 0xe0, (uint8_t)(n), (uint8_t)((n) >> 8)

/* Bits of the features in the head, and of how. */
enum {
    PACKED = 1,
    INDIRECT = 2,
    EVENT_IDX = 4,
    IN_ORDER = 8,
    DATA = 16,
    RING_RESET = 32,
    BLK_ALL = 0xfec0,
    READ_ONLY = 0x100,
};

static const uint16_t rings[] = {
    0,
    EVENT_IDX,
    INDIRECT | EVENT_IDX,
    IN_ORDER | INDIRECT,
    DATA | RING_RESET,
    PACKED,
    PACKED | EVENT_IDX | INDIRECT,
    PACKED | IN_ORDER,
    PACKED | DATA | RING_RESET | EVENT_IDX,
};

#define RINGS (sizeof(rings) / sizeof(rings[0]))
#define FAULTS 60u /* more than there are in all do no harm */

static struct seed head(uint8_t sound, uint16_t features, uint8_t how,
                        uint8_t size, uint8_t fault)
{
    struct seed s = {.bytes = 0};

    SEED(&s, sound, (uint8_t)features, (uint8_t)(features >> 8), how,
         (uint8_t)(size - 1), 7, fault);
    if (fault > 0)
        SEED(&s, 3, 1, 1);
    SEED(&s, GO(SET_UP), 0, 0, 0);
    return s;
}

/* ---- block --------------------------------------------------------------- */

static void blk_requests(struct seed *s, uint8_t queue, uint8_t how)
{
    SEED(s, GO(BLK), queue, VIRTIO_BLK_T_OUT, how, 2, U16(1024));
    SEED(s, GO(BLK), queue, VIRTIO_BLK_T_IN, how, 2, U16(1536));
    SEED(s, GO(BLK), queue, VIRTIO_BLK_T_FLUSH, how, 0, 0);
    SEED(s, GO(BLK), queue, VIRTIO_BLK_T_GET_ID, how, 0, 20);
    SEED(s, GO(BLK), queue, VIRTIO_BLK_T_GET_LIFETIME, how, 0, 6);
    SEED(s, GO(WAIT), 50, GO(READ), 24, 0, GO(WRITE), 25, 3);
    SEED(s, GO(BLK), queue, VIRTIO_BLK_T_DISCARD, how, 4, 2 << 2 | 2);
    SEED(s, GO(BLK), queue, VIRTIO_BLK_T_WRITE_ZEROES, how, 4, 3 << 2 | 1);
    SEED(s, GO(BLK), queue, VIRTIO_BLK_T_SECURE_ERASE, how, 4, 1 << 2 | 3);
    SEED(s, GO(WAIT), U16(5000), GO(READ), 24, 0, GO(WRITE), 25, 3);
}

static void blk_session(uint16_t features, uint8_t how, uint8_t size,
                        uint8_t chain, uint8_t fault)
{
    struct seed s = head(0, features, how, size, fault);

    blk_requests(&s, 0, chain);
    blk_requests(&s, 1, chain);
    SEED(&s, GO(WISH), 0, 1, 9, GO(RESIZE), 32, GO(READ), 64, 0);
    SEED(&s, GO(WRITE), 96, 0, GO(BLK), 0, VIRTIO_BLK_T_IN, chain, 40,
         U16(512));
    SEED(&s, GO(WAIT), U16(2000), GO(PEEK), U16(1024), 200);
    /* A queue is stopped, and reset. */
    SEED(&s, GO(WRITE), 12, 0, GO(WRITE), 17, 0, GO(WRITE), 48, 1, GO(READ), 48,
         0);
    SEED(&s, GO(POWER_CUT), 0, GO(READ), 28, 0, GO(SET_UP), 0, 0, 3);
    blk_requests(&s, 0, 0);
    seed_write(&s, "blk-session");
}

/* ---- sound --------------------------------------------------------------- */

static void params(struct seed *s, uint8_t stream, uint8_t how)
{
    SEED(s, GO(CONTROL), 3, how, stream, 0, 0x14, 2, VIRTIO_SND_PCM_FMT_S16,
         VIRTIO_SND_PCM_RATE_48000, 128, 4);
}

static void command(struct seed *s, uint8_t code, uint8_t stream, uint8_t how)
{
    SEED(s, GO(CONTROL), code, how, stream, 0, GO(WAIT), 20);
}

static void snd_stream(struct seed *s, uint8_t stream, uint8_t how)
{
    params(s, stream, how);
    command(s, 4, stream, how);
    for (unsigned i = 0; i < 4; i++)
        SEED(s, GO(FRAMES), stream, how, 128);
    command(s, 6, stream, how);
    SEED(s, GO(WAIT), U16(2500), GO(READ), 24, 0, GO(WRITE), 25, 3);
    SEED(s, GO(FRAMES), stream, how, 128, GO(WAIT), U16(9000));
    command(s, 7, stream, how);
    SEED(s, GO(FRAMES), stream, how, 64);
    command(s, 5, stream, how);
    SEED(s, GO(WAIT), U16(1000), GO(WRITE), 25, 3);
}

static void snd_session(uint16_t features, uint8_t how, uint8_t chain,
                        uint8_t fault)
{
    struct seed s = head(1, features, how, 32, fault);

    for (unsigned i = 0; i < 3; i++)
        SEED(&s, GO(FRAMES), 0xee, chain, 8);
    SEED(&s, GO(CONTROL), 0, chain, 0, 2, GO(CONTROL), 2, chain, 0, 3,
         GO(CONTROL), 8, chain, 0, 1, GO(CONTROL), 1, chain, 0, 1, GO(CONTROL),
         9, chain, 0, 0, GO(WAIT), 40);
    snd_stream(&s, 0, chain);
    snd_stream(&s, 1, chain);
    SEED(&s, GO(PLUG), 0, 1, GO(WAIT), 40, GO(PLUG), 1, 0, GO(WAIT), 40);
    SEED(&s, GO(WRITE), 28, 0, GO(READ), 28, 0);
    seed_write(&s, "snd-session");
}

/* ---- wrong --------------------------------------------------------------- */

/* A read of sector 0 into memory that is too short, or lent the other way; and
 * a write from there. The header is somewhere in the work memory, of zeros. */
static void wrong_memory(uint16_t features, uint8_t how)
{
    for (uint8_t n = 0; n < 16; n++) {
        uint8_t dir = n & 1, flags = n & 2, outside = n & 4 ? 2 : 0;
        struct seed s = head(0, features, how, 16, 0);

        SEED(&s, GO(SHARE), U16(n & 8 ? 256 : 512), dir | outside);
        if (flags == 0)
            SEED(&s, GO(POKE), 0xff, U16(12288), 1, VIRTIO_BLK_T_OUT);
        SEED(&s, GO(CHAIN), 0, 0, 3, 0xff, U16(12288), 16, 0, 0, 0, U16(512),
             flags, 0xff, U16(12400), 1, 2, GO(WAIT), 30);
        seed_write(&s, "wrong-memory");
    }
}

static void hostile(uint8_t sound, uint16_t features, uint8_t how)
{
    static const struct wrong wrong[] = {
        WRONG(GO(JUMP), 0, 1, GO(KICK), 0, 0, GO(WAIT), 9),
        WRONG(GO(JUMP), 0, 65, GO(KICK), 0, 0, GO(WAIT), 9),
        WRONG(GO(BLK), 0, 0, FUZZ_HOW_TWICE, 1, U16(512), GO(WAIT), 9),
        WRONG(GO(BLK), 0, 0, FUZZ_HOW_SHORT, 1, U16(512), GO(WAIT), 9),
        WRONG(GO(BLK), 0, 1, FUZZ_HOW_SHORT | 1, 0xe4, U16(512), GO(WAIT), 9),
        WRONG(GO(CHAIN), 0, 0, 2, 0xff, 0, 0, 0, 0xff, 0, 0xe3, 2, GO(WAIT), 9),
        WRONG(GO(CHAIN), 0, 0, 2, 0xff, 0, 8, 2, 0xff, 0, 8, 0, GO(WAIT), 9),
        WRONG(GO(CHAIN), 0, 0, 1, 0xff, 0, 17, 4, GO(WAIT), 9),
        WRONG(GO(CHAIN), 0, 0, 1, 0xff, 0, 32, 5, GO(WAIT), 9),
        WRONG(GO(CHAIN), 0, 1, 1, 0xff, 0, 32, 4, GO(WAIT), 9),
        WRONG(GO(CHAIN), 0, 0, 1, 9, 0, 32, 0, GO(WAIT), 9),
        WRONG(GO(POKE), 0, 0, 6, 255, 255, 255, 255, 255, 255, GO(KICK), 0, 0),
        /* Split, queue 0 of 16: avail idx 2, the second head out of range. */
        WRONG(GO(POKE), 0, U16(258), 6, 2, 0, 0, 0, 16, 0, GO(KICK), 0, 0,
              GO(WAIT), 9),
        WRONG(GO(POKE), 0, U16(258), 6, 2, 0, 0, 0, 0xff, 0xff, GO(KICK), 0, 0,
              GO(WAIT), 9),
        /* ... and next, in descriptor 5, over the start of the work memory. */
        WRONG(GO(POKE), 0, 80, 16, 0, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 1, 0,
              200, 0, GO(POKE), 0, U16(258), 6, 2, 0, 0, 0, 5, 0, GO(KICK), 0,
              0, GO(WAIT), 9),
        WRONG(GO(POKE), 0, 80, 16, 0, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 1, 0, 5,
              0, GO(POKE), 0, U16(258), 6, 2, 0, 0, 0, 5, 0, GO(KICK), 0, 0,
              GO(WAIT), 9),
        WRONG(GO(KICK), 9, 200, GO(KICK), 0, 77),
        WRONG(GO(RAW_WRITE), 0x71, 2, 5, GO(RAW_READ), 0xe4, 8, GO(RAW_READ), 3,
              4),
        WRONG(GO(RAW_READ), U16(258), 2, GO(RAW_WRITE), U16(256), 4, 7),
        WRONG(GO(RAW_READ), U16(600), 4, GO(RAW_WRITE), U16(0x7000), 1, 7),
        WRONG(GO(RAW_READ), U16(326), 4, GO(RAW_READ), U16(328), 4),
        WRONG(GO(SHARE), 200, 0, GO(UNSHARE), 0, 1, GO(UNSHARE), 0, 4,
              GO(UNSHARE)),
        WRONG(GO(SHARE), 64, 3, GO(CHAIN), 0, 0, 1, 0, 0, 64, 2, GO(UNSHARE), 0,
              0),
        WRONG(GO(ALLOC), 100, 3, GO(FREE), 0, 1, GO(FREE), 0, 0, GO(FREE), 0,
              0),
        WRONG(GO(SET_UP), 0, 1, 0, GO(SET_UP), 0, 2, 0, GO(SET_UP), 0, 4, 0),
        WRONG(GO(SET_UP), 255, 16, 5, GO(SET_UP), 0, 8, 1),
        WRONG(GO(WRITE), 20, 9, GO(WRITE), 28, 255, GO(WRITE), 17, 1),
        WRONG(GO(EMIT), 2, 1, 2, 3, 4, GO(EMIT), 4, 1, 0, 0, 0, GO(EMIT), 9),
    };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct seed s = head(sound, features, how, 16, 0);
        if (sound)
            SEED(&s, GO(CONTROL), 2, 0, 0, 2);
        else
            SEED(&s, GO(BLK), 0, VIRTIO_BLK_T_IN, 0, 2, U16(512));
        seed_add(&s, wrong[i].at, wrong[i].bytes);
        SEED(&s, GO(WAIT), 50, GO(READ), 28, 0, GO(SET_UP), 0, 0, 0, GO(WAIT),
             9);
        seed_write(&s, "hostile");
    }
}

void seeds_device(void)
{
    for (unsigned i = 0; i < RINGS; i++) {
        uint8_t table = (rings[i] & INDIRECT) != 0 ? FUZZ_HOW_TABLE : 0;
        for (unsigned bit = 0; bit < 8; bit++)
            blk_session(rings[i] | BLK_ALL, (uint8_t)(1u << bit), 64, table, 0);
        blk_session(rings[i] | READ_ONLY, 0, 16,
                    FUZZ_HOW_PIECES | FUZZ_HOW_SHARED, 0);
        snd_session(rings[i], 0, table, 0);
        snd_session(rings[i], 1, table | FUZZ_HOW_SHARED, 0);
        snd_session(rings[i], 0x50, table | FUZZ_HOW_PIECES, 0);
        wrong_memory(rings[i], i & 1);
        hostile(0, rings[i] | BLK_ALL, i & 1);
        hostile(1, rings[i], i & 1);
    }
    for (uint8_t fault = 1; fault < FAULTS; fault++) {
        blk_session(BLK_ALL | RING_RESET, 0, 32, 0, fault);
        blk_session(PACKED | BLK_ALL, 0, 32, 0, fault);
        snd_session(EVENT_IDX, 0, 0, fault);
    }
}
