#pragma once

#include <memory>
#include <vector>

#include "bench/pipeline/stream.h"
#include "dataplane/api/statistics_segment.h"
#include "dataplane/worker/objects.h"
#include "dataplane/worker/worker.h"

namespace strata::bench {

struct Shape {
    std::uint32_t receivers = 1;  // in all rooms together
    std::uint32_t rooms = 1;
    std::uint32_t in_flight = 0;
    bool udp_checksum = false;
    // What receivers' packets are encrypted with; the publisher's are in the clear.
    relay::SrtpProfile srtp = relay::SrtpProfile::none;
    bool unwanted = false;  // receivers take the lower temporal layer only, all packets are upper
};

// The product: a whole worker on the in-memory port.
class Product {
  public:
    Product(const Shape& shape, const dataplane::Pools& pools);
    ~Product();

    // Takes `inputs` packets through; returns the outputs that were sent.
    std::uint64_t run(std::uint64_t inputs);
    // Bytes in front of the shared payload of one outgoing frame: the header length that the other
    // loops copy.
    std::uint16_t header_bytes() const { return header_bytes_; }

  private:
    void add_room(std::uint32_t room);
    void add_receiver(std::uint32_t room, std::uint32_t receiver);
    void submit(const dataplane::Command& command);
    void measure_header();

    Shape shape_;
    const dataplane::Pools& pools_;
    std::unique_ptr<relay::SrtpCipher> cipher_;  // expands keys
    dataplane::MemoryPort port_;
    std::unique_ptr<api::WorkerBlock> block_;
    std::unique_ptr<dataplane::Worker> worker_;
    Stream stream_;
    relay::TimeUs now_ = 1'000'000;
    std::uint16_t header_bytes_ = 0;
    std::vector<std::unique_ptr<dataplane::Transport>> transports_;
    std::vector<std::unique_ptr<dataplane::PublishedTrack>> tracks_;
    std::vector<std::unique_ptr<dataplane::Subscription>> subscriptions_;
};

}  // namespace strata::bench
