/* SPDX-License-Identifier: MIT
 *
 * fault_list.h: every fault there is, by the part of the device that has it.
 *
 * X(enum, name, nature, occasion and meaning, meaning of arg, what a
 * conforming driver may do). The nature says what may be asked of a driver:
 *
 *   LEGAL   unusual, but within the specification: it has to work through it
 *   FAILS   the device reports a failure as the specification lets it: the
 *           driver reports it, and goes on
 *   LIES    the device breaks the specification, or a promise to keep data, in
 *           a way that no driver can see: it passes on what it was given, and
 *           the bench sees it
 *   BREAKS  the device breaks the specification: the driver stays safe, says
 *           so in bounded time, and works again after a reset
 *
 * Faults of transport, by the register file, happen on the driver's thread,
 * inside a register access, and so do irq-status-late and kick-ignored, and
 * those of the platform's memory (dma-alloc-fails, share-fails); the others on
 * the device's. A move of the device is one look at its queues.
 */
#ifndef FAKEDEV_FAULT_LIST_H
#define FAKEDEV_FAULT_LIST_H

#define FAKE_FAULTS_TRANSPORT(X)                                               \
    X(WRONG_MAGIC, "wrong-magic", BREAKS, "MagicValue reads arg", "value",     \
      "refuse the device")                                                     \
    X(WRONG_VERSION, "wrong-version", BREAKS, "Version reads arg", "value",    \
      "refuse the device")                                                     \
    X(DEVICE_ID, "device-id", LEGAL, "DeviceID reads arg", "value",            \
      "leave the device alone")                                                \
    X(FEATURES_REFUSED, "features-refused", FAILS,                             \
      "FEATURES_OK does not stay set", "", "give up, with an error")           \
    X(RESET_SLOW, "reset-slow", LEGAL,                                         \
      "after a reset, Status reads the old value arg times", "reads",          \
      "wait until it reads 0")                                                 \
    X(RESET_NEVER, "reset-never", BREAKS,                                      \
      "Status never reads 0 after a reset", "", "give up in bounded time")     \
    X(QUEUE_ABSENT, "queue-absent", FAILS, "QueueNumMax reads 0", "",          \
      "give up, with an error, or do without the queue")                       \
    X(QUEUE_RESET_SLOW, "queue-reset-slow", LEGAL,                             \
      "after a queue reset, QueueReset reads 1 arg times", "reads",            \
      "wait until it reads 0")                                                 \
    X(QUEUE_RESET_NEVER, "queue-reset-never", BREAKS,                          \
      "QueueReset never reads 0 after a queue reset", "",                      \
      "give up in bounded time")                                               \
    X(CONFIG_CHANGE, "config-change", LEGAL,                                   \
      "after a config read the capacity becomes arg and the generation moves;" \
      " not again before the driver could read all of it anew",                \
      "sectors", "read the configuration anew")                                \
    X(IRQ_UNKNOWN_BITS, "irq-unknown-bits", BREAKS,                            \
      "InterruptStatus shows the bits arg as well", "bits",                    \
      "ignore them, or acknowledge them")                                      \
    X(SURPRISE_REMOVAL, "surprise-removal", BREAKS,                            \
      "before a register access the device is pulled out: reads yield all "    \
      "ones, writes go nowhere, the line never rises, no ring is touched; "    \
      "what is there arg accesses later, or once the fault is taken away, "    \
      "has just got power",                                                    \
      "accesses",                                                              \
      "end in bounded time, take everything back, and say that there is no "   \
      "device")                                                                \
    X(NEEDS_RESET_NOW, "needs-reset-now", FAILS,                               \
      "before a register access, at any moment, the device sets "              \
      "DEVICE_NEEDS_RESET",                                                    \
      "", "report it, and reset the device when asked to")                     \
    X(STATUS_LOST, "status-lost", BREAKS,                                      \
      "a write to Status, also of 0, has no effect", "",                       \
      "give up, time out, or not notice")                                      \
    X(FEATURES_UNKNOWN, "features-unknown", LEGAL,                             \
      "DeviceFeatures shows the bits arg as well, but none that VIRTIO 1.2 "   \
      "knows",                                                                 \
      "bits", "accept none of them")                                           \
    X(QUEUE_MAX, "queue-max", LEGAL, "QueueNumMax reads arg", "entries",       \
      "use a queue of no more entries, of a power of 2 if it is split; or "    \
      "refuse one that is too small for it")                                   \
    X(QUEUE_IN_USE, "queue-in-use", BREAKS,                                    \
      "QueueReady of a queue that is not enabled reads 1", "",                 \
      "give up, with an error")                                                \
    X(QUEUE_NEVER_READY, "queue-never-ready", BREAKS,                          \
      "1 written to QueueReady has no effect", "", "give up, or time out")     \
    X(QUEUE_STOP_NEVER, "queue-stop-never", BREAKS,                            \
      "0 written to QueueReady has no effect", "",                             \
      "reset the device, before it frees anything")                            \
    X(CONFIG_TORN, "config-torn", LEGAL,                                       \
      "a config read meets a change half done: the upper half of what it "     \
      "yields is of another value; the generation moves; not again before "    \
      "the driver could read all of it anew",                                  \
      "", "read the configuration anew")                                       \
    X(CONFIG_UNSTABLE, "config-unstable", BREAKS,                              \
      "a read of ConfigGeneration yields another value than the one before",   \
      "", "give up in bounded time")                                           \
    X(CONFIG_SHORT, "config-short", BREAKS,                                    \
      "the config space ends after arg bytes: what lies beyond reads 0",       \
      "bytes", "use limits that are safe, or refuse the device")               \
    X(CONFIG_SHORT_ONES, "config-short-ones", BREAKS,                          \
      "the config space ends after arg bytes: what lies beyond reads all "     \
      "ones",                                                                  \
      "bytes", "use limits that are safe, or refuse the device")

#define FAKE_FAULTS_NOTIFY(X)                                                  \
    X(IRQ_SPURIOUS, "irq-spurious", LEGAL,                                     \
      "an interrupt without a new used entry, before a completion", "",        \
      "find nothing, and go on")                                               \
    X(IRQ_LOST, "irq-lost", BREAKS, "a due interrupt is not raised", "",       \
      "time out, or find the completion by polling")                           \
    X(KICK_SUPPRESSED, "kick-suppressed", LEGAL,                               \
      "from the first time on the device polls and wants no kicks", "",        \
      "not kick, though it may")                                               \
    X(EVENT_GARBAGE, "event-garbage", LEGAL,                                   \
      "the suppression field that does not apply holds garbage: avail_event"   \
      " without EVENT_IDX, used flags bit 0 with it; packed: desc while flags" \
      " are ENABLE or DISABLE",                                                \
      "", "not look at that field")                                            \
    X(IRQ_EARLY, "irq-early", BREAKS,                                          \
      "a used entry is shown arg ns (0: 10 us) after its interrupt, and there" \
      " is no other",                                                          \
      "ns", "time out, or find the completion by polling")                     \
    X(IRQ_COALESCED, "irq-coalesced", LEGAL,                                   \
      "a due interrupt comes arg ns (0: 10 us) later, one for all that are"    \
      " due by then",                                                          \
      "ns", "wait for it, and take all that is used")                          \
    X(IRQ_STORM, "irq-storm", LEGAL,                                           \
      "the line is asserted again right after each of arg acknowledgements",   \
      "times", "find nothing, and go on")                                      \
    X(IRQ_UNWANTED, "irq-unwanted", LEGAL,                                     \
      "an interrupt for used entries for which the driver wants none", "",     \
      "take what is used, or leave it for later")                              \
    X(IRQ_STATUS_LATE, "irq-status-late", BREAKS,                              \
      "InterruptStatus is read without bit 0 while the line is asserted for"   \
      " it",                                                                   \
      "", "come again as long as the line is asserted, poll, or time out")     \
    X(KICK_IGNORED, "kick-ignored", BREAKS, "the device does not hear a kick", \
      "", "time out")                                                          \
    X(KICK_FLAPS, "kick-wish-flaps", LEGAL,                                    \
      "while awake the device takes turns in wanting kicks and in not wanting" \
      " them, with each move",                                                 \
      "", "kick when they are wanted")                                         \
    X(EVENT_STUCK, "event-stuck", BREAKS,                                      \
      "with EVENT_IDX: the device goes to sleep and leaves avail_event, or"    \
      " the packed ring's desc, as it is",                                     \
      "", "not kick, and time out")                                            \
    X(EVENT_WRONG, "event-wrong", BREAKS,                                      \
      "with EVENT_IDX: avail_event, or the packed ring's desc, is arg places"  \
      " from the right one: far ahead, or behind (split: arg 65535 is one"     \
      " behind; packed: arg 2 x queue size - 1)",                              \
      "places", "not kick, and time out")

#define FAKE_FAULTS_QUEUE(X)                                                   \
    X(USED_ID_RANGE, "used-id-out-of-range", BREAKS,                           \
      "used id is queue size + arg", "excess", "stop using the queue")         \
    X(USED_ID_UNLENT, "used-id-never-lent", BREAKS,                            \
      "used id is a descriptor that is no head lent now", "",                  \
      "stop using the queue")                                                  \
    X(USED_TWICE, "used-twice", BREAKS, "a completion is given twice", "",     \
      "stop using the queue, or ignore the second")                            \
    X(USED_IDX_JUMP, "used-idx-jump", BREAKS,                                  \
      "split: used idx moves on by queue size + arg", "excess",                \
      "stop using the queue")                                                  \
    X(USED_WRAP, "used-wrap-wrong", BREAKS,                                    \
      "packed: a used descriptor with the wrap counter of the other lap", "",  \
      "not see it, and time out")                                              \
    X(USED_LEN_OVER, "used-len-over", BREAKS,                                  \
      "used len exceeds the writable bytes by arg", "bytes",                   \
      "stop using the queue, or take no more than it lent")                    \
    X(USED_LEN_SHORT, "used-len-short", FAILS,                                 \
      "used len is arg while more was written", "bytes",                       \
      "trust no more than arg bytes, and report an error if it takes more")    \
    X(USED_ID_MID, "used-id-mid-chain", BREAKS,                                \
      "used id is the second descriptor of its chain; packed: its slot", "",   \
      "stop using the queue")                                                  \
    X(USED_ORDER, "used-out-of-order", BREAKS,                                 \
      "with IN_ORDER a buffer that is done is given back before an older one"  \
      " that is done, too; split: that one comes a move later",                \
      "", "stop using the queue, or take it as a batch")                       \
    X(USED_LEN_ZERO, "used-len-zero", FAILS,                                   \
      "used len is 0 while more was written", "",                              \
      "trust nothing of it, and report an error if it takes more")             \
    X(USED_TORN, "used-torn", BREAKS,                                          \
      "used idx, or the flags of a packed ring, show an entry a move before"   \
      " its id and len are there",                                             \
      "", "stop using the queue, or report an error")                          \
    X(USED_FLIPPED, "used-flipped", BREAKS,                                    \
      "once the driver unshares memory of a buffer, its used entry changes:"   \
      " len (arg 0), id (1), or used idx goes back by one (2; packed: flags)", \
      "field", "read each field once, or stop using the queue")                \
    X(USED_ONE_BY_ONE, "used-one-by-one", LEGAL,                               \
      "a buffer that is done waits until the next move if one was given back"  \
      " in this one",                                                          \
      "", "wait for it")                                                       \
    X(USED_AT_ONCE, "used-all-at-once", LEGAL,                                 \
      "a buffer that is done waits arg ns, or less for one that waits already" \
      " and then comes with it",                                               \
      "ns", "take all that is used")                                           \
    X(DESC_SCRIBBLED, "desc-scribbled", BREAKS,                                \
      "the device writes garbage over the descriptors of a buffer, tables"     \
      " too, before it is shown as used",                                      \
      "", "not read them again")

#define FAKE_FAULTS_MEMORY(X)                                                  \
    X(DMA_ALLOC_FAILS, "dma-alloc-fails", FAILS,                               \
      "the platform gives no memory: dma_alloc fails", "",                     \
      "report that there is no memory, and lose none")                         \
    X(SHARE_FAILS, "share-fails", FAILS,                                       \
      "the platform cannot map a buffer: share fails", "",                     \
      "refuse the request, and keep what else is shared")                      \
    X(LATE_WRITE, "late-write", BREAKS,                                        \
      "as it takes a buffer, the device writes once more, at least a byte,"    \
      " into the one that it gave back last: nobody waited for its DMA "       \
      "engine",                                                                \
      "bytes", "nothing but survive it, with data that are wrong")             \
    X(MEMORY_NEEDS_FLUSH, "memory-needs-flush", LEGAL,                         \
      "what is shared is seen by the other side only as it was at share and"   \
      " at unshare: caches that are not coherent",                             \
      "", "share and unshare what it lends, and nothing else matters")

#define FAKE_FAULTS_DEVICE(X)                                                  \
    X(NEEDS_RESET, "needs-reset", FAILS,                                       \
      "instead of serving a request the device sets DEVICE_NEEDS_RESET", "",   \
      "report it, and reset the device when asked to")

#define FAKE_FAULTS_BLK(X)                                                     \
    X(BLK_IO_ERROR, "blk-io-error", FAILS, "status VIRTIO_BLK_S_IOERR", "",    \
      "report an I/O error")                                                   \
    X(BLK_UNSUPPORTED, "blk-unsupported", FAILS, "status VIRTIO_BLK_S_UNSUPP", \
      "", "report that it is not supported")                                   \
    X(BLK_GARBAGE_STATUS, "blk-garbage-status", BREAKS, "status byte is arg",  \
      "value", "report an error")                                              \
    X(BLK_STUCK, "blk-stuck", BREAKS, "the request is never completed", "",    \
      "time out, and get the buffer back by a reset only")                     \
    X(BLK_SLOW, "blk-slow", LEGAL,                                             \
      "a request takes arg longer than it would, and others overtake it",      \
      "ns", "wait, or time out and take the completion when it comes")         \
    X(BLK_TORN, "blk-torn-write", FAILS,                                       \
      "of a write the first arg bytes reach the disk, and the status is "      \
      "VIRTIO_BLK_S_IOERR",                                                    \
      "bytes", "report an I/O error: any part may have been written")          \
    X(BLK_TORN_OK, "blk-torn-write-ok", LIES,                                  \
      "the same, and the status is VIRTIO_BLK_S_OK", "bytes",                  \
      "pass on what the device says, and what it gives later")                 \
    X(BLK_LOST, "blk-lost-write", LIES,                                        \
      "a write ends with VIRTIO_BLK_S_OK, and nothing was written", "",        \
      "pass on what the device says, and what it gives later")                 \
    X(BLK_MISDIRECTED, "blk-misdirected-write", LIES,                          \
      "a write goes to its sector + arg, beyond the end from the first one "   \
      "on, and ends with VIRTIO_BLK_S_OK",                                     \
      "sectors", "pass on what the device says, and what it gives later")      \
    X(BLK_BIT_ROT, "blk-bit-rot", LIES,                                        \
      "a read delivers bit arg of its data, counted round them, the other "    \
      "way about; the disk has it right",                                      \
      "bit", "pass on what the device gave")                                   \
    X(BLK_SHRINKS, "blk-capacity-shrinks", FAILS,                              \
      "at a request the capacity becomes arg, if it is larger, with a "        \
      "configuration change notification; what is in flight beyond the end "   \
      "fails",                                                                 \
      "sectors", "report what failed, and refuse what lies beyond the end")    \
    X(POWER_CUT, "power-cut", FAILS,                                           \
      "instead of serving a request the disk loses power, and then needs a"    \
      " reset; what is volatile survives by seed (arg 0), not (1), or all "    \
      "(2); by seed, a request on its way may be done in part, sector by "     \
      "sector",                                                                \
      "survival", "report the requests in flight as failed")

#define FAKE_FAULTS_SND(X)                                                     \
    X(SND_IO_ERROR, "snd-io-error", FAILS,                                     \
      "a message on tx or rx ends with VIRTIO_SND_S_IO_ERR", "",               \
      "report an I/O error")                                                   \
    X(SND_BAD_MSG, "snd-bad-message", FAILS,                                   \
      "a control request is answered VIRTIO_SND_S_BAD_MSG", "",                \
      "report an error")                                                       \
    X(SND_NOT_SUPP, "snd-not-supported", FAILS,                                \
      "a control request is answered VIRTIO_SND_S_NOT_SUPP", "",               \
      "report that it is not supported")                                       \
    X(SND_GARBAGE_STATUS, "snd-garbage-status", BREAKS,                        \
      "a control request is answered with the code arg", "value",              \
      "report an error")                                                       \
    X(SND_STUCK, "snd-control-stuck", BREAKS,                                  \
      "a control request is never answered", "",                               \
      "time out, and get the buffer back by a reset only")                     \
    X(SND_LATENCY, "snd-latency-nonsense", BREAKS,                             \
      "latency_bytes of a message is arg", "bytes",                            \
      "pass it on, but not trust it")                                          \
    X(SND_XRUN, "snd-xrun", FAILS,                                             \
      "the device is late by itself: before a message it plays, or loses, "    \
      "arg frames, and tells the xrun if asked to",                            \
      "frames", "pass the xrun on, and go on with the next message")           \
    X(SND_PERIOD_LOST, "snd-period-lost", BREAKS,                              \
      "that a period has elapsed is never told: its message does not come "    \
      "back before the stream is released or set anew",                        \
      "", "time out, and get the buffer back by RELEASE or a reset")           \
    X(SND_EVENT_LOST, "snd-event-lost", LIES, "a notification is never sent",  \
      "", "not know of it until it asks")                                      \
    X(SND_EVENT_GARBAGE, "snd-event-garbage", BREAKS,                          \
      "before a notification there is another one: its code is the low half "  \
      "of arg, its data the high half",                                        \
      "event", "ignore it, or count it")                                       \
    X(SND_JACK_FLAPS, "snd-jack-flaps", LEGAL,                                 \
      "at a control request jack 0 goes off and on, or on and off, arg times " \
      "at once; events for which there is no room any more are lost",          \
      "times", "pass events on as it has room, and ask what is so now")        \
    X(SND_STALLED, "snd-stalled", LEGAL,                                       \
      "before a message the clock of the stream stands for arg, and goes on",  \
      "ns", "wait, or time out and take the message when it comes")            \
    X(SND_CLOCK_FAST, "snd-clock-fast", LEGAL,                                 \
      "from a START on its stream runs arg parts in a million too fast, at "   \
      "most twice as fast",                                                    \
      "ppm", "follow the device")                                              \
    X(SND_CLOCK_SLOW, "snd-clock-slow", LEGAL,                                 \
      "from a START on its stream runs arg parts in a million too slow, at "   \
      "most half as fast",                                                     \
      "ppm", "follow the device")                                              \
    X(SND_RELEASE_EARLY, "snd-release-pending", BREAKS,                        \
      "RELEASE is answered while messages are pending; they come back arg "    \
      "later, or as the stream is set up anew",                                \
      "ns", "stop using the stream, and touch no buffer that is not back")

#define FAKE_FAULTS(X)                                                         \
    FAKE_FAULTS_TRANSPORT(X)                                                   \
    FAKE_FAULTS_NOTIFY(X)                                                      \
    FAKE_FAULTS_QUEUE(X)                                                       \
    FAKE_FAULTS_MEMORY(X)                                                      \
    FAKE_FAULTS_DEVICE(X)                                                      \
    FAKE_FAULTS_BLK(X)                                                         \
    FAKE_FAULTS_SND(X)

#endif
