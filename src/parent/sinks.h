/*
 * Where the log process writes: opened here, handed over.
 */
#ifndef PARENT_SINKS_H
#define PARENT_SINKS_H

#include "parent/parent.h"

/* Opens every sink of the generation in force (or of the candidate, before the
 * first) and sends it to log. Also after SIGHUP, so that rotated files are let
 * go. */
void sinks_send_all(struct parent *);

/* Log says that sink `number` fails: reconnects it, at most once a second. */
void sinks_dead(struct parent *, uint64_t number, int error);

/* Retries what is due; sooner[0] is lowered to the next due time. */
void sinks_tick(struct parent *, uint64_t now_ms, uint64_t *next_ms);

/* Everything a newly started log process must know: texts, sinks, channels. */
void sinks_brief_log(struct parent *);

/* The log text of a generation; its end. */
void sinks_text(struct parent *, const struct generation *);
void sinks_retire(struct parent *, uint64_t generation);

/* A record channel's receiving end and counter (taken; kept until log says
 * CHANNEL_DONE). 0 when the table is full: both are closed then. */
uint64_t sinks_channel(struct parent *, enum record_writer, int rx, int counter);
/* The writer has ended: log may now say CHANNEL_DONE. */
void sinks_writer_ended(struct parent *, uint64_t id);
/* Log says so. False when the writer still lives; then it stays open until
 * that ends too. */
bool sinks_channel_done(struct parent *, uint64_t id);
/* It has said so before, and the writer lives. */
bool sinks_is_done(struct parent *, uint64_t id);
/* Its word counts no more: a successor reads the channels of living writers. */
void sinks_revive(struct parent *);

#endif
