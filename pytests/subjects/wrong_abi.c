/* SPDX-License-Identifier: MIT
 *
 * Built for the ABI of tomorrow.
 */
#include "subject.h"

SUBJECT(abi_version, RIG_DUT_ABI_VERSION + 1)
