#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "control/observe/observations.h"

// A capture as a pcapng file, piece by piece. Packets are IP and UDP around what the worker saw:
// RTP after decryption, or before encryption. Each says in its comment what became of it.
namespace strata::control {

// `monotonic_to_unix_us`: what to add to a worker's time.
std::string capture_head(const Observations::Observation& observation, const std::string& node);
void append_packets(std::string& out, std::span<const ObservedPacket> packets,
                    std::int64_t monotonic_to_unix_us);
// The end: how many there are, and how many were lost.
std::string capture_end(const Observations::Observation& observation, std::int64_t unix_us);

// "room demo, participant p3, sent and received; 1 packet of 100": which packets it has.
std::string selection_words(const ObservationSpec& spec);

}  // namespace strata::control
