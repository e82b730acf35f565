/* SPDX-License-Identifier: MIT */
/* The input of fuzz_driver, as it is read: a head that says what the device
 * and the caller are like, then moves of one byte and their arguments (a
 * number is that of fuzz_number()). Moves below FUZZ_DEVICE_MOVE are calls
 * into the driver, the others are the device's: those that follow a call are
 * made while the driver waits in it, or else after it. */
#ifndef FUZZ_DRIVER_OPS_H
#define FUZZ_DRIVER_OPS_H

/* The head, one byte each:
 *
 *   device         bit 0: sound, else block
 *   features       see FUZZ_FEATURES; bits 0 to 7 and 8 to 15
 *   features
 *   mask           of features_wanted: bit n takes away the nth of them
 *   mask
 *   queues         block: 0 one queue, else 1 + n % 3 of them
 *   slots          of each queue: 1 + n % FUZZ_SLOTS_MAX
 *   size           QueueNumMax: 1 + n % FUZZ_SLOTS_MAX
 *   indirect       entries per table: n % 8; bit 7: RGT_VQ_INDIRECT_TAIL
 *   timeout        of the driver: 32 + n, in units of 4 us
 *   origin         of time: 0 for 0, else near the end of it
 *   room           snd: items known of each kind n % 4, per answer 1 + n / 4;
 *                  block: range_segs
 */

#define FUZZ_SLOTS_MAX 32u

/* X(feature), in the order of the bits in the head. */
#define FUZZ_FEATURES(X)                                                       \
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

#define FUZZ_DEVICE_MOVE 0x80u

/* X(name, arguments); q is a queue, n a number, b a byte. */
#define FUZZ_BLK_CALLS(X)                                                      \
    X(SUBMIT, "q b:op b:how n:sector, then b:pieces and their n:bytes, or "    \
              "b:ranges and their n:sector n:count b:unmap")                   \
    X(KICK, "q")                                                               \
    X(POLL, "q b:max")                                                         \
    X(INTERRUPT, "")                                                           \
    X(CHANGES, "")                                                             \
    X(WRITEBACK, "b:on")                                                       \
    X(QUEUE_RESET, "q")                                                        \
    X(RECOVER, "")                                                             \
    X(REOPEN, "")                                                              \
    X(INTERRUPTS, "q b:count; 0 none, 1 each")                                 \
    X(READ_SYNC, "n:sector n:bytes")                                           \
    X(WRITE_SYNC, "n:sector n:bytes")                                          \
    X(OTHER_SYNC, "b:flush, id, lifetime")                                     \
    X(RANGE_SYNC, "b:discard, write zeroes, erase n:sector n:count b:unmap")   \
    X(LOOK, "")

#define FUZZ_SND_CALLS(X)                                                      \
    X(CTL, "b:op b:how n:id n:count, SET_PARAMS: see params")                  \
    X(XFER, "b:stream b:how b:pieces and their n:bytes")                       \
    X(KICK, "")                                                                \
    X(POLL, "b:max")                                                           \
    X(INTERRUPT, "")                                                           \
    X(EVENT_NEXT, "")                                                          \
    X(RECOVER, "")                                                             \
    X(REOPEN, "")                                                              \
    X(DISCOVER_SYNC, "")                                                       \
    X(CTL_SYNC, "b:op n:id n:count, SET_PARAMS: see params")                   \
    X(DRAIN_SYNC, "b:stream")                                                  \
    X(LOOK, "n:id")

/* params: b:format b:rate b:channels b:features n:period n:periods; bit 7 of
 * format: as the driver's own info of the stream has it. */

/* Moves of the device. q is a queue, c the cth oldest chain it has. */
#define FUZZ_DEVICE_MOVES(X)                                                   \
    X(SERVE, "q b:count: the oldest ones, well")                               \
    X(COMPLETE, "q c b:how b:status n:len: one, see FUZZ_LEN")                 \
    X(ANSWER, "q c b:count and as many bytes: writes what it may, completes")  \
    X(USED_RAW, "q n:id n:len: a used element of any content")                 \
    X(USED_SKEW, "q n:by: used idx, or the place in a packed ring, moves on")  \
    X(SCRIBBLE, "b:block n:offset b:count and as many bytes: ring memory")     \
    X(FILL, "b:loan n:offset b:count and as many bytes: lent to be written")   \
    X(SUPPRESS, "q b:flags n:event")                                           \
    X(INTERRUPT, "b:bits")                                                     \
    X(NEEDS_RESET, "")                                                         \
    X(REGISTER, "b:number n:value b:reads: it reads as that so often")         \
    X(CONFIG, "b:offset b:count and as many bytes: bit 7 of offset: and the "  \
              "generation does not move")                                      \
    X(FAIL, "b:dma_alloc b:share: the nth from now fails; 0 none")             \
    X(TIME, "n:us that pass at once")                                          \
    X(AUTO, "b:serves all at each kick (1) and wait (2); 0 neither")           \
    X(RACE, "b:loads from now at which the next move is made")                 \
    X(WAKE, "b:waits that end for nothing")                                    \
    X(OFFER, "n:feature bit that is offered from now on, or no longer")        \
    X(STUCK, "b:reads of status that show the old one after a reset; 255: "    \
             "for ever")                                                       \
    X(REFUSE, "b:times that FEATURES_OK does not stay")                        \
    X(EVENT, "n:code n:data: an event of a sound card")                        \
    X(REWRITE, "q n:id n:len: the last used element becomes another one")

enum fuzz_blk_call {
#define FUZZ_BLK_CALL_ENUM(name, text) FUZZ_BLK_##name,
    FUZZ_BLK_CALLS(FUZZ_BLK_CALL_ENUM)
#undef FUZZ_BLK_CALL_ENUM
        FUZZ_BLK_CALL_COUNT
};

enum fuzz_snd_call {
#define FUZZ_SND_CALL_ENUM(name, text) FUZZ_SND_##name,
    FUZZ_SND_CALLS(FUZZ_SND_CALL_ENUM)
#undef FUZZ_SND_CALL_ENUM
        FUZZ_SND_CALL_COUNT
};

enum fuzz_device_move {
#define FUZZ_DEVICE_MOVE_ENUM(name, text) FUZZ_DO_##name,
    FUZZ_DEVICE_MOVES(FUZZ_DEVICE_MOVE_ENUM)
#undef FUZZ_DEVICE_MOVE_ENUM
        FUZZ_DEVICE_MOVE_COUNT
};

/* The used length of COMPLETE: how % 4. Bit 7: nobody is interrupted. Bit 6: a
 * batch of IN_ORDER in a split ring that used idx does not cover. */
enum fuzz_len {
    FUZZ_LEN_ALL,   /* all that may be written */
    FUZZ_LEN_SHORT, /* len of it, as far as there is that much */
    FUZZ_LEN_OVER,  /* len more than that */
    FUZZ_LEN_RAW,   /* len */
};
#define FUZZ_QUIET 0x80u
#define FUZZ_UNCOVERED 0x40u

/* How of a SUBMIT, CTL or XFER. */
#define FUZZ_HOW_CALLBACK 1u /* done is called ... */
#define FUZZ_HOW_AGAIN 2u    /* ... and submits and kicks once more */
#define FUZZ_HOW_HURRY 4u    /* CTL: a timeout of its own, 8 us */

#endif
