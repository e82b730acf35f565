/* SPDX-License-Identifier: MIT */
/* Seeds of fuzz_driver: see driver/ops.h for what the bytes mean. */
#include "driver/ops.h"
#include "ringtrue/blk.h"
#include "ringtrue/snd.h"
#include "seeds.h"

#define MOVE(name) (FUZZ_DEVICE_MOVE + FUZZ_DO_##name)

/* Bits of the features in the head. */
enum {
    PACKED = 1,
    INDIRECT = 2,
    EVENT_IDX = 4,
    IN_ORDER = 8,
    DATA = 16,
    RING_RESET = 32,
    LIMITS = 0xc0,
    READ_ONLY = 0x100,
    MQ = 0x800,
    BLK_ALL = 0xfec0,
};

static const uint16_t rings[] = {
    0,
    EVENT_IDX,
    INDIRECT,
    INDIRECT | EVENT_IDX | RING_RESET,
    IN_ORDER | EVENT_IDX,
    DATA | RING_RESET,
    PACKED,
    PACKED | EVENT_IDX,
    PACKED | INDIRECT,
    PACKED | IN_ORDER | EVENT_IDX | INDIRECT,
    PACKED | DATA | RING_RESET | EVENT_IDX,
};

#define RINGS (sizeof(rings) / sizeof(rings[0]))

static struct seed head(uint8_t sound, uint16_t features, uint8_t queues,
                        uint8_t slots, uint8_t room)
{
    struct seed s = {.bytes = 0};
    uint8_t indirect = slots % 2 == 0 ? 4 : 0x83;

    SEED(&s, sound, (uint8_t)features, (uint8_t)(features >> 8), 0, 0, queues,
         (uint8_t)(slots - 1), 31, indirect, 8, slots % 3 == 0, room);
    return s;
}

/* ---- block --------------------------------------------------------------- */

static void blk_submits(struct seed *s, uint8_t queue, uint8_t how)
{
    SEED(s, FUZZ_BLK_SUBMIT, queue, RGT_BLK_READ, how, 3, 1, 0xe0, 0, 2);
    SEED(s, FUZZ_BLK_SUBMIT, queue, RGT_BLK_WRITE, how, 1, 2, 0xe0, 0, 2, 0xe0,
         0, 4);
    SEED(s, FUZZ_BLK_SUBMIT, queue, RGT_BLK_ID, how, 0, 1, 20);
    SEED(s, FUZZ_BLK_KICK, queue);
}

static void blk_others(struct seed *s, uint8_t queue, uint8_t how)
{
    SEED(s, FUZZ_BLK_SUBMIT, queue, RGT_BLK_FLUSH, how, 0, 0);
    SEED(s, FUZZ_BLK_SUBMIT, queue, RGT_BLK_LIFETIME, how, 0, 1, 6);
    SEED(s, FUZZ_BLK_SUBMIT, queue, RGT_BLK_DISCARD, how, 0, 2, 0, 9, 0, 12, 3,
         0);
    SEED(s, FUZZ_BLK_SUBMIT, queue, RGT_BLK_WRITE_ZEROES, how, 0, 1, 2, 7, 1);
    SEED(s, FUZZ_BLK_KICK, queue);
}

static void blk_serve_and_poll(struct seed *s, uint8_t queue)
{
    for (unsigned i = 0; i < 3; i++)
        SEED(s, MOVE(SERVE), queue, 8, FUZZ_BLK_INTERRUPT, FUZZ_BLK_POLL, queue,
             8);
}

static void blk_session(uint16_t features, uint8_t queues, uint8_t slots,
                        uint8_t how)
{
    struct seed s = head(0, features, queues, slots, 3);

    for (uint8_t q = 0; q < 2; q++) {
        blk_submits(&s, q, how);
        blk_serve_and_poll(&s, q);
        blk_others(&s, q, how);
        blk_serve_and_poll(&s, q);
    }
    SEED(&s, FUZZ_BLK_INTERRUPTS, 0, 0, FUZZ_BLK_INTERRUPTS, 0, 5,
         FUZZ_BLK_INTERRUPTS, 0, 1);
    SEED(&s, MOVE(CONFIG), 0, 1, 9, FUZZ_BLK_INTERRUPT, FUZZ_BLK_CHANGES,
         FUZZ_BLK_WRITEBACK, 0, FUZZ_BLK_WRITEBACK, 1);
    blk_submits(&s, 0, how);
    SEED(&s, FUZZ_BLK_QUEUE_RESET, 0, FUZZ_BLK_POLL, 0, 8);
    blk_submits(&s, 0, how);
    SEED(&s, FUZZ_BLK_LOOK, 1, 0, 2, 0, 3, 0, FUZZ_BLK_RECOVER, FUZZ_BLK_REOPEN,
         FUZZ_BLK_LOOK, 0, 1, 0, 0, 0, 0);
    seed_write(&s, "blk-session");
}

static void blk_waiting(uint16_t features, uint8_t automatic)
{
    struct seed s = head(0, features, 0, 16, 2);

    SEED(&s, MOVE(AUTO), automatic);
    SEED(&s, FUZZ_BLK_WRITE_SYNC, 2, 0xe0, 0, 4, FUZZ_BLK_READ_SYNC, 2, 0xe0, 0,
         4);
    for (uint8_t i = 0; i < 3; i++)
        SEED(&s, FUZZ_BLK_OTHER_SYNC, i, FUZZ_BLK_RANGE_SYNC, i, 1, 13, 0);
    /* Answered in the middle of the wait, by a move. */
    SEED(&s, FUZZ_BLK_KICK, 0, MOVE(AUTO), 0, FUZZ_BLK_READ_SYNC, 2, 0xe0, 0, 2,
         MOVE(SERVE), 0, 1, FUZZ_BLK_READ_SYNC, 2, 0xe0, 0, 2);
    /* Not at all: it ends by a reset of the queue, or of the device. */
    SEED(&s, MOVE(WAKE), 3, FUZZ_BLK_POLL, 0, 4);
    SEED(&s, FUZZ_BLK_READ_SYNC, 2, 0xe0, 0, 2, MOVE(NEEDS_RESET),
         FUZZ_BLK_POLL, 0, 4);
    SEED(&s, MOVE(STUCK), 255, FUZZ_BLK_READ_SYNC, 2, 0xe0, 0, 2,
         FUZZ_BLK_READ_SYNC, 1, 0xe0, 0, 2, FUZZ_BLK_CHANGES);
    seed_write(&s, "blk-waiting");
}

/* Each kind of wrong, after a good beginning. */
static void blk_hostile(uint16_t features)
{
    static const struct wrong wrong[] = {
        WRONG(MOVE(USED_RAW), 0, 31, 0),
        WRONG(MOVE(USED_RAW), 0, 40, 1),
        WRONG(MOVE(USED_RAW), 0, 0, 1, MOVE(USED_RAW), 0, 0, 1),
        WRONG(MOVE(USED_RAW), 0, 1, 1),
        /* Of a chain that is not made available yet. */
        WRONG(FUZZ_BLK_SUBMIT, 0, RGT_BLK_READ, 0, 3, 1, 0xe0, 0, 2,
              MOVE(USED_RAW), 0, 10, 1),
        WRONG(FUZZ_BLK_SUBMIT, 0, RGT_BLK_READ, 0, 3, 1, 0xe0, 0, 2,
              MOVE(USED_RAW), 0, 3, 1),
        /* Nor of one that is past the end of the disk, and of numbers. */
        WRONG(FUZZ_BLK_SUBMIT, 0, RGT_BLK_READ, 0, 0xf7, 1, 0xe0, 0, 2,
              FUZZ_BLK_KICK, 0, MOVE(SERVE), 0, 9),
        WRONG(MOVE(USED_SKEW), 0, 1),
        WRONG(MOVE(USED_SKEW), 0, 33),
        WRONG(MOVE(COMPLETE), 0, 0, FUZZ_LEN_OVER, 0, 1),
        WRONG(MOVE(COMPLETE), 0, 1, FUZZ_LEN_SHORT, 0, 3),
        WRONG(MOVE(COMPLETE), 0, 2, FUZZ_UNCOVERED, 0, 0),
        WRONG(MOVE(COMPLETE), 0, 2, FUZZ_LEN_ALL, 1, 0),
        WRONG(MOVE(COMPLETE), 0, 1, FUZZ_LEN_ALL, 99, 0),
        WRONG(MOVE(SCRIBBLE), 0, 0, 5, 255, 255, 255, 255, 255),
        WRONG(MOVE(SCRIBBLE), 0, 0xe0, 40, 1, 3, 1, 2, 3),
        WRONG(MOVE(SUPPRESS), 0, 1, 5),
        WRONG(MOVE(SUPPRESS), 0, 2, 0xe0, 3, 0x80, FUZZ_BLK_KICK, 0),
        WRONG(MOVE(SUPPRESS), 0, 2, 5, FUZZ_BLK_KICK, 0),
        WRONG(MOVE(USED_RAW), 0, 3, 0, MOVE(COMPLETE), 0, 0, FUZZ_LEN_ALL, 2,
              0),
        WRONG(MOVE(COMPLETE), 0, 0, FUZZ_LEN_RAW, 0, 0xe3),
        WRONG(MOVE(CONFIG), 0x83, 4, 1, 0, 0, 0, FUZZ_BLK_REOPEN),
        WRONG(MOVE(CONFIG), 8, 4, 7, 0, 0, 0, FUZZ_BLK_REOPEN),
        WRONG(MOVE(NEEDS_RESET)),
        WRONG(MOVE(INTERRUPT), 0xff),
        WRONG(MOVE(TIME), 0xe3),
        WRONG(MOVE(FAIL), 0, 1),
        WRONG(MOVE(OFFER), 34, FUZZ_BLK_RECOVER),
        WRONG(MOVE(STUCK), 200, FUZZ_BLK_RECOVER),
        WRONG(MOVE(REFUSE), 1, FUZZ_BLK_RECOVER),
        WRONG(MOVE(REGISTER), 4, 1, 9, FUZZ_BLK_QUEUE_RESET, 0),
        WRONG(MOVE(REGISTER), 6, 1, 255, FUZZ_BLK_QUEUE_RESET, 0),
        WRONG(MOVE(REGISTER), 9, 7, 1, FUZZ_BLK_CHANGES),
    };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct seed s = head(0, features, 0, 16, 2);
        blk_submits(&s, 0, i & 1 ? FUZZ_HOW_CALLBACK | FUZZ_HOW_AGAIN : 0);
        seed_add(&s, wrong[i].at, wrong[i].bytes);
        SEED(&s, FUZZ_BLK_INTERRUPT, FUZZ_BLK_POLL, 0, 8);
        blk_submits(&s, 0, 0);
        SEED(&s, FUZZ_BLK_POLL, 0, 8, FUZZ_BLK_RECOVER);
        seed_write(&s, "blk-hostile");
    }
}

/* What goes wrong while the device comes up: at the second opening. */
static void coming_up(uint8_t sound, uint8_t reopen, uint16_t features)
{
    for (uint8_t reg = 0; reg < 12; reg++) {
        struct seed s = head(sound, features, sound ? 0 : 2, 8, 9);
        SEED(&s, MOVE(REGISTER), reg, reg == 8 ? 0 : 0xe1, 0xff, 0, 0, 0, 255,
             reopen, reopen);
        seed_write(&s, "coming-up-register");
    }
    /* The queues become smaller once they are chosen; and then are not given
     * up, or not even with a reset. */
    for (uint8_t reads = 1; reads < 8; reads++) {
        struct seed s = head(sound, features, sound ? 0 : 2, 32, 9);
        s.at[7] = 5;
        SEED(&s, MOVE(REGISTER), 4, 32, reads);
        if (reads > 2)
            SEED(&s, MOVE(REGISTER), 5, 1, 255);
        if (reads > 4)
            SEED(&s, MOVE(STUCK), 255);
        SEED(&s, reopen, MOVE(STUCK), 0, reopen);
        seed_write(&s, "coming-up-smaller");
    }
    for (uint8_t n = 1; n < 10; n++) {
        struct seed s = head(sound, features, sound ? 0 : 2, 8, 9);
        SEED(&s, MOVE(FAIL), n, 0, reopen, reopen);
        seed_write(&s, "coming-up-memory");
    }
}

/* ---- sound --------------------------------------------------------------- */

static void snd_command(struct seed *s, uint8_t op, uint8_t stream, uint8_t how)
{
    SEED(s, FUZZ_SND_CTL, op, how, stream, 1);
    if (op == RGT_SND_SET_PARAMS)
        SEED(s, 0x80, 0, 0, 0xff, 64, 4);
    SEED(s, FUZZ_SND_KICK, MOVE(SERVE), VIRTIO_SND_VQ_CONTROL, 8,
         FUZZ_SND_INTERRUPT, FUZZ_SND_POLL, 8);
}

static void snd_stream(struct seed *s, uint8_t stream, uint8_t how)
{
    uint8_t queue = stream & 1 ? VIRTIO_SND_VQ_RX : VIRTIO_SND_VQ_TX;

    snd_command(s, RGT_SND_SET_PARAMS, stream, how);
    snd_command(s, RGT_SND_PREPARE, stream, how);
    for (unsigned i = 0; i < 2; i++)
        SEED(s, FUZZ_SND_XFER, stream, how, 2, 64, 32);
    snd_command(s, RGT_SND_START, stream, how);
    SEED(s, FUZZ_SND_KICK, MOVE(SERVE), queue, 1, FUZZ_SND_POLL, 8, MOVE(SERVE),
         queue, 4, FUZZ_SND_INTERRUPT, FUZZ_SND_POLL, 8);
    SEED(s, MOVE(EVENT), 0xe0, 1, 0x11, stream, MOVE(EVENT), 0xe0, 0, 0x10,
         stream, FUZZ_SND_POLL, 8, FUZZ_SND_EVENT_NEXT, FUZZ_SND_EVENT_NEXT);
    snd_command(s, RGT_SND_STOP, stream, how);
    snd_command(s, RGT_SND_RELEASE, stream, how);
}

static void snd_session(uint16_t features, uint8_t slots, uint8_t how)
{
    struct seed s = head(1, features, 0, slots, 2);

    SEED(&s, MOVE(AUTO), 2, FUZZ_SND_DISCOVER_SYNC, FUZZ_SND_KICK, MOVE(AUTO),
         0);
    snd_command(&s, RGT_SND_JACK_REMAP, 1, how);
    snd_stream(&s, 0, how);
    snd_stream(&s, 1, how);
    SEED(&s, FUZZ_SND_LOOK, 0, FUZZ_SND_LOOK, 0xe0, 5, 2, FUZZ_SND_RECOVER,
         FUZZ_SND_REOPEN);
    seed_write(&s, "snd-session");
}

/* Items that no device could have: all bytes 255, or just one of them. */
static void snd_items(uint8_t op)
{
    static const uint8_t at[] = {1, 5, 6, 24, 25, 26, 255};

    for (unsigned i = 0; i < sizeof(at); i++) {
        struct seed s = head(1, 0, 0, 16, 13);
        SEED(&s, FUZZ_SND_CTL, op, 0, 0, 1, FUZZ_SND_KICK, MOVE(ANSWER), 0, 0,
             36, 0, 0x80, 0, 0);
        for (uint8_t byte = 0; byte < 32; byte++)
            SEED(&s, byte == at[i] || at[i] == 255 ? 255 : byte == 26);
        SEED(&s, FUZZ_SND_INTERRUPT, FUZZ_SND_POLL, 4, FUZZ_SND_LOOK, 0);
        seed_write(&s, "snd-items");
    }
}

static void snd_waiting(uint16_t features)
{
    struct seed s = head(1, features, 0, 16, 15);

    SEED(&s, MOVE(AUTO), 3, FUZZ_SND_DISCOVER_SYNC);
    for (uint8_t op = 0; op <= RGT_SND_RELEASE; op++) {
        SEED(&s, FUZZ_SND_CTL_SYNC, op, 0, 1);
        if (op == RGT_SND_SET_PARAMS)
            SEED(&s, 0x80, 0, 0, 0xff, 64, 4);
        if (op == RGT_SND_PREPARE)
            SEED(&s, FUZZ_SND_XFER, 0, 0, 1, 64, FUZZ_SND_DRAIN_SYNC, 0);
    }
    SEED(&s, FUZZ_SND_KICK, MOVE(AUTO), 0, FUZZ_SND_CTL_SYNC, RGT_SND_PREPARE,
         0, 0, FUZZ_SND_POLL, 3, MOVE(SERVE), 0, 1, FUZZ_SND_POLL, 3);
    seed_write(&s, "snd-waiting");
}

/* What the driver looks at becomes something else between two of its looks. */
static void racing(uint8_t sound, uint16_t features)
{
    static const uint32_t ids[] = {1, 3, 31, 0xe5, 0xe9};

    for (uint8_t loads = 1; loads < 6; loads++) {
        for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
            struct seed s = head(sound, features, 0, 16, 2);
            if (sound)
                SEED(&s, FUZZ_SND_CTL, RGT_SND_JACK_INFO, 0, 0, 1,
                     FUZZ_SND_KICK);
            else
                blk_submits(&s, 0, 0);
            SEED(&s, MOVE(COMPLETE), 0, 0, 0, 0, 0, MOVE(RACE), loads);
            if (sound)
                SEED(&s, FUZZ_SND_POLL, 8);
            else
                SEED(&s, FUZZ_BLK_POLL, 0, 8);
            SEED(&s, MOVE(REWRITE), 0, (uint8_t)ids[i], (uint8_t)ids[i]);
            seed_write(&s, "racing");
        }
    }
}

static void snd_hostile(uint16_t features)
{
    static const struct wrong wrong[] = {
        WRONG(MOVE(USED_RAW), 0, 31, 4),
        WRONG(MOVE(USED_RAW), 2, 5, 8),
        WRONG(MOVE(USED_SKEW), 2, 9),
        WRONG(MOVE(COMPLETE), 0, 0, FUZZ_LEN_ALL, 1, 0),
        WRONG(MOVE(COMPLETE), 0, 0, FUZZ_LEN_ALL, 9, 0),
        WRONG(MOVE(COMPLETE), 0, 0, FUZZ_LEN_SHORT, 0, 3),
        WRONG(MOVE(COMPLETE), 2, 0, FUZZ_LEN_SHORT, 0, 3),
        WRONG(MOVE(COMPLETE), 2, 0, FUZZ_LEN_ALL, 3, 0),
        WRONG(MOVE(COMPLETE), 2, 0, FUZZ_LEN_OVER, 0, 4),
        WRONG(MOVE(ANSWER), 0, 0, 8, 0, 0x80, 0, 0, 255, 255, 255, 255),
        WRONG(MOVE(TIME), 0xe3, FUZZ_SND_POLL, 4, MOVE(SERVE), 0, 4),
        WRONG(MOVE(EVENT), 0xe0, 0, 0x11, 0xe8),
        WRONG(MOVE(USED_RAW), 1, 0, 7),
        WRONG(MOVE(NEEDS_RESET)),
        WRONG(MOVE(FAIL), 0, 2),

    };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct seed s = head(1, features, 0, 16, 2);
        SEED(&s, MOVE(AUTO), 2, FUZZ_SND_DISCOVER_SYNC, FUZZ_SND_KICK,
             MOVE(AUTO), 0);
        snd_command(&s, RGT_SND_SET_PARAMS, 0, 0);
        snd_command(&s, RGT_SND_PREPARE, 0, 0);
        SEED(&s, FUZZ_SND_XFER, 0, 0, 1, 64, FUZZ_SND_CTL, RGT_SND_PCM_INFO,
             FUZZ_HOW_HURRY, 0, 2, FUZZ_SND_KICK);
        seed_add(&s, wrong[i].at, wrong[i].bytes);
        SEED(&s, FUZZ_SND_INTERRUPT, FUZZ_SND_POLL, 8);
        SEED(&s, FUZZ_SND_XFER, 0, 0, 1, 64);
        snd_command(&s, RGT_SND_RELEASE, 0, 0);
        seed_write(&s, "snd-hostile");
    }
}

/* Every call, of a driver whose configuration is refused: it has one slot. */
static void refused(uint8_t sound, uint8_t queues)
{
    uint8_t calls = sound ? FUZZ_SND_CALL_COUNT : FUZZ_BLK_CALL_COUNT;

    for (uint8_t call = 0; call < calls; call++) {
        struct seed s = head(sound, 0, queues, 1, 2);
        SEED(&s, call, 0, 0, 0, 1, 1, 64, 0, 0);
        seed_write(&s, "refused");
    }
}

void seeds_driver(void)
{
    const uint8_t callback = FUZZ_HOW_CALLBACK | FUZZ_HOW_AGAIN;

    for (unsigned i = 0; i < RINGS; i++) {
        blk_session(rings[i] | (BLK_ALL & ~MQ), 0, 16, 0);
        blk_session(rings[i] | BLK_ALL, 2, 32, callback);
        blk_session(rings[i] | LIMITS | READ_ONLY, 0, 7, 0);
        blk_waiting(rings[i] | (BLK_ALL & ~LIMITS), 1 + i % 3);
        blk_hostile(rings[i] | BLK_ALL);
        snd_session(rings[i], 16, 0);
        snd_session(rings[i], 5, callback);
        snd_waiting(rings[i]);
        snd_hostile(rings[i]);
    }
    for (unsigned i = 0; i < RINGS; i += 4) {
        racing(0, rings[i] | BLK_ALL);
        racing(1, rings[i]);
    }
    refused(0, 0);
    refused(0, 2);
    refused(1, 0);
    snd_items(RGT_SND_JACK_INFO);
    snd_items(RGT_SND_PCM_INFO);
    snd_items(RGT_SND_CHMAP_INFO);
    coming_up(0, FUZZ_BLK_REOPEN, BLK_ALL | INDIRECT);
    coming_up(1, FUZZ_SND_REOPEN, PACKED | INDIRECT);
}
