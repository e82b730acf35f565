/* SPDX-License-Identifier: MIT
 *
 * report_page.h: what the parts of the report for people share. Part of
 * report_text.c and report_bad.c.
 */
#ifndef RIG_REPORT_PAGE_H
#define RIG_REPORT_PAGE_H

#include "report.h"

#define RIG_PAGE_WIDTH 80

struct rig_page {
    const struct rig_report *r;
    FILE *out;
    bool colour;
};

/* An SGR code such as "1;31", if this page is coloured; and back. */
void rig_page_style(const struct rig_page *p, const char *code);
void rig_page_plain(const struct rig_page *p);

/* The SGR code of a verdict. */
const char *rig_page_colour(enum rig_verdict verdict);

/* What went wrong. */
void rig_page_bad(const struct rig_page *p);

#endif
