/* SPDX-License-Identifier: MIT
 *
 * request_names.h: the types of requests by name, as a fault plan has them.
 */
#ifndef RIG_REQUEST_NAMES_H
#define RIG_REQUEST_NAMES_H

#include <stdint.h>

/* VIRTIO_BLK_T_* or VIRTIO_SND_R_* by name ("write", "set-params"); no name
 * stands for both. -1: there is none. */
int32_t rig_request_type(const char *name);

/* The name of that of a device, by its virtio ID; or NULL. */
const char *rig_request_name(uint32_t device_id, int32_t type);

#endif
