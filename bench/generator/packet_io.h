#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/generator/address.h"

namespace strata::gen {

// A socket or device failed; the text names the address and what to do.
struct IoError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct ReceivedDatagram {
    int endpoint = -1;
    Address remote;
    std::int64_t time_us = 0;  // monotonic; taken by the kernel or device where it tells
    std::span<const std::uint8_t> bytes;
};

struct IoCounters {
    std::uint64_t sent = 0, sent_bytes = 0, received = 0, received_bytes = 0;
    std::uint64_t send_failed = 0;      // refused, or no room in the queue for a while
    std::uint64_t receive_dropped = 0;  // by the kernel or device, before they were read
};

// Sends and receives UDP datagrams at a set of local addresses. Thread: one.
class PacketIo {
  public:
    class Sink {
      public:
        virtual ~Sink() = default;
        // `datagram.bytes` is valid during the call.
        virtual void on_datagram(const ReceivedDatagram& datagram) = 0;
    };

    virtual ~PacketIo() = default;
    // A local address; port 0: chosen. The same address again gives the same endpoint. Throws
    // IoError.
    virtual int open(const Address& local) = 0;
    virtual Address local_address(int endpoint) const = 0;
    // Queues one datagram; flush() sends. False: it can't be sent.
    virtual bool send(int endpoint, const Address& remote, std::span<const std::uint8_t> bytes) = 0;
    virtual void flush() = 0;
    // Everything that has arrived, bounded per call. Returns how many.
    virtual std::size_t receive(Sink& sink) = 0;
    // Sleeps until something arrives or `until_us`, monotonic.
    virtual void wait(std::int64_t until_us) = 0;
    virtual IoCounters counters() const = 0;
    // Another one that works as this one does, but whose packets come straight back to its own
    // endpoints: what it does to them is the generator's. It has 127.0.0.1. Sockets, if nothing
    // else is said. Throws IoError.
    virtual std::unique_ptr<PacketIo> make_loop() const;
};

// Monotonic microseconds.
std::int64_t monotonic_us();

// Commands and whatever else there is are looked at this often, whether packets come or not.
constexpr std::int64_t kPollSlice_us = 20'000;
// A paced packet may leave a little late; more than this share late means too slow.
constexpr double kLateShare = 0.02;
// Wall clock, 32.32 since 1900.
std::uint64_t ntp_now();

// Kernel UDP sockets.
std::unique_ptr<PacketIo> make_socket_io();

}  // namespace strata::gen
