/* SPDX-License-Identifier: MIT */
/* The input of fuzz_device, as it is read: a head that says what the machine
 * is like, then moves of a driver, of one byte and their arguments. A number
 * is that of fuzz_number(), b a byte, q a queue. */
#ifndef FUZZ_DEVICE_OPS_H
#define FUZZ_DEVICE_OPS_H

/* The head, one byte each but where it says more:
 *
 *   device         bit 0: sound, else block
 *   features       16 bits, those of FUZZ_DEVICE_FEATURES that are offered
 *   how            bit 0 bounce memory, 1 cache, 2 completes LIFO, 3 shuffled,
 *                  4 takes time, 5 holds three, 6 eager reading, 7 nonsense
 *   size           QueueNumMax: 1 + n % FUZZ_SIZE_MAX
 *   seed           of the machine
 *   fault          number; 0 none, else fault n - 1 of the list, and then
 *                  number arg, nth, count
 */
#define FUZZ_SIZE_MAX 64u

#define FUZZ_DEVICE_FEATURES(X)                                                \
    X(VIRTIO_F_RING_PACKED)                                                    \
    X(VIRTIO_F_INDIRECT_DESC)                                                  \
    X(VIRTIO_F_EVENT_IDX)                                                      \
    X(VIRTIO_F_IN_ORDER)                                                       \
    X(VIRTIO_F_NOTIFICATION_DATA)                                              \
    X(VIRTIO_F_RING_RESET)                                                     \
    X(VIRTIO_BLK_F_SIZE_MAX)                                                   \
    X(VIRTIO_BLK_F_SEG_MAX)                                                    \
    X(VIRTIO_BLK_F_RO)                                                         \
    X(VIRTIO_BLK_F_FLUSH)                                                      \
    X(VIRTIO_BLK_F_CONFIG_WCE)                                                 \
    X(VIRTIO_BLK_F_MQ)                                                         \
    X(VIRTIO_BLK_F_DISCARD)                                                    \
    X(VIRTIO_BLK_F_WRITE_ZEROES)                                               \
    X(VIRTIO_BLK_F_SECURE_ERASE)                                               \
    X(VIRTIO_BLK_F_LIFETIME)

/* X(name, arguments) */
#define FUZZ_GUEST_MOVES(X)                                                    \
    X(SET_UP, "b:features left out, bit n the nth b:steps to leave out, bit "  \
              "0 ACKNOWLEDGE, 1 FEATURES_OK, 2 queues, 3 DRIVER_OK b:size of " \
              "the queues, 0 the largest")                                     \
    X(READ, "b:register n:width, 4 if 0")                                      \
    X(WRITE, "b:register n:value")                                             \
    X(RAW_READ, "n:offset n:width")                                            \
    X(RAW_WRITE, "n:offset n:width n:value")                                   \
    X(BLK, "q b:type b:how n:sector n:bytes: one request, see FUZZ_HOW")       \
    X(CONTROL, "b:code b:how n:id n:count, SET_PARAMS: b:features b:channels " \
               "b:format b:rate n:period n:periods")                           \
    X(FRAMES, "b:stream b:how n:bytes")                                        \
    X(CHAIN, "q b:how b:pieces of b:memory n:offset n:bytes b:flags")          \
    X(KICK, "q b:data, added to what is right")                                \
    X(JUMP, "q n:by: avail idx, or the place in a packed ring, moves on")      \
    X(WISH, "q b:flags n:event: of interrupts")                                \
    X(POKE, "b:memory n:offset b:count and as many bytes")                     \
    X(ALLOC, "n:bytes b:align, 1 << n % 8")                                    \
    X(FREE, "b:memory b:bytes more than it has")                               \
    X(SHARE, "n:bytes b:dir, bit 1: not memory of the arena")                  \
    X(UNSHARE, "b:memory b:wrong: bit 0 dir, 1 bytes, 2 address")              \
    X(WAIT, "n:us")                                                            \
    X(NOW, "")                                                                 \
    X(PLUG, "b:jack b:connected")                                              \
    X(POWER_CUT, "b:survival")                                                 \
    X(RESIZE, "n:sectors")                                                     \
    X(PEEK, "n:offset n:bytes")                                                \
    X(EMIT, "b:kind n n n n: an event of the bench")

enum fuzz_guest_move {
#define FUZZ_GUEST_MOVE_ENUM(name, text) FUZZ_GO_##name,
    FUZZ_GUEST_MOVES(FUZZ_GUEST_MOVE_ENUM)
#undef FUZZ_GUEST_MOVE_ENUM
        FUZZ_GUEST_MOVE_COUNT
};

/* How a chain is made available. */
#define FUZZ_HOW_TABLE 1u   /* in an indirect table */
#define FUZZ_HOW_HELD 2u    /* written, and not made available */
#define FUZZ_HOW_SILENT 4u  /* not kicked for */
#define FUZZ_HOW_PIECES 8u  /* payload in three pieces */
#define FUZZ_HOW_SHORT 16u  /* the last piece is left out */
#define FUZZ_HOW_TWICE 32u  /* the head is made available twice */
#define FUZZ_HOW_SHARED 64u /* payload in memory shared for it */

#endif
