#pragma once

#include "dataplane/worker/objects.h"
#include "relay/rtp/types.h"

// Writes down what other processes will need to go on from, of an object that has a checkpoint.
// Thread: the worker's.
namespace strata::dataplane {

// A peer's: with its reports, once a second.
void keep(Transport& transport, relay::TimeUs now);
// What a receiver is sent, every quarter of a second with its statistics, and when it goes.
void keep(Subscription& subscription, relay::TimeUs now);
// The same where nothing was sent since: the state stands, and stays young.
void confirm(const Subscription& subscription, relay::TimeUs now);
// What arrives of a track.
void keep(PublishedTrack& track, relay::TimeUs now);

}  // namespace strata::dataplane
