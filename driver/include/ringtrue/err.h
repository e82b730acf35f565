/* SPDX-License-Identifier: MIT */
/* Error codes of every function of the driver that can fail.
 *
 * Success is 0 or a count, failure one of these; the set is closed. Three
 * kinds of wrong are kept apart: the caller's (INVAL, STATE, AGAIN), the
 * device's honest failure (IO, NOTSUP), and the device breaking the
 * specification (PROTO).
 */
#ifndef RINGTRUE_ERR_H
#define RINGTRUE_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, meaning) */
#define RGT_ERRORS(X)                                                          \
    X(INVAL, -1, "an argument can never be right")                             \
    X(STATE, -2, "not allowed in this state, or the device needs a reset")     \
    X(AGAIN, -3, "the queue is full now; poll, then try again")                \
    X(NOMEM, -4, "the platform gave no memory or no mapping")                  \
    X(NODEV, -5, "no such device here; it was left alone")                     \
    X(REFUSED, -6, "driver and device found no common ground")                 \
    X(IO, -7, "the request failed, or its outcome is unknown")                 \
    X(NOTSUP, -8, "the device does not offer this operation")                  \
    X(PROTO, -9, "the device broke the specification")                         \
    X(TIMEOUT, -10, "no answer before the deadline")

#define RGT__ERROR_ENUM(name, value, meaning) RGT_E_##name = (value),
enum rgt_err { RGT_OK = 0, RGT_ERRORS(RGT__ERROR_ENUM) };
#undef RGT__ERROR_ENUM

/* Names a code: "RGT_E_INVAL"; "OK" for 0; "?" for any other value. The text
 * is constant and needs no freeing. */
const char *rgt_err_name(int code);

#ifdef __cplusplus
}
#endif

#endif
