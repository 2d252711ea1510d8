#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "bench/generator/publisher.h"
#include "bench/generator/receiver.h"

namespace strata::gen {

using Packet = std::vector<std::uint8_t>;

// A publisher and a receiver in virtual time, with something in between that may do harm.
class VirtualLink final : public PublisherOutput {
  public:
    // Gets a packet and hands on what the receiver shall get.
    using Middle = std::function<void(const Packet&, const std::function<void(const Packet&)>&)>;

    explicit VirtualLink(std::unique_ptr<MediaSource> source, const std::string& target = "max");

    void set_middle(Middle middle) { middle_ = std::move(middle); }
    // Runs on for that long, packet by packet; each arrives 1 ms after it was sent.
    void run(double seconds);
    void set_target(const std::string& target);
    void finish();

    Publisher& publisher() { return *publisher_; }
    Receiver& receiver() { return *receiver_; }
    std::uint64_t faults(Fault fault) const { return receiver_->faults().count(fault); }
    // Names and counts of everything that is wrong; empty: nothing is.
    std::string wrong() const;

  private:
    void send(std::span<const std::uint8_t> packet) override;
    std::uint16_t next_transport_sequence() override { return sequence_++; }

    std::unique_ptr<Publisher> publisher_;
    std::unique_ptr<Receiver> receiver_;
    Middle middle_;
    std::int64_t now_us_ = 1'000'000;
    std::int64_t next_second_us_ = 0;
    std::uint16_t sequence_ = 0;
};

// Numbers with every counter close to its wrap.
std::vector<FreshNumbers> numbers_near_wrap(std::size_t encodings);

// What a relay does for one fixed target on one SSRC: passes the packets of its layers on, closes
// the gaps in the sequence, ends pictures with a marker.
VirtualLink::Middle relay_for(const TrackDescription& track, std::size_t spatial,
                              std::size_t temporal);

}  // namespace strata::gen
