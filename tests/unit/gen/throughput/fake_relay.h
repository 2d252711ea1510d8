#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "bench/generator/packet_io.h"
#include "bench/generator/stamp.h"
#include "bench/generator/throughput/relay_api.h"
#include "relay/svc/layers.h"

namespace strata::gen {

// A relay of full SVC streams in memory: the generator's sockets and the appliance's API at once.
class FakeRelay final : public PacketIo, public RelayApi {
  public:
    // Asked for each packet on its way out; false: it is lost.
    std::function<bool()> forwards = [] { return true; };
    std::set<std::string> rooms, participants, subscriptions;
    std::uint64_t layer_changes = 0, hostile = 0;
    IoCounters io;

    int open(const Address& local) override;
    Address local_address(int endpoint) const override;
    bool send(int endpoint, const Address& remote, std::span<const std::uint8_t> bytes) override;
    void flush() override {}
    std::size_t receive(Sink& sink) override;
    void wait(std::int64_t until_us) override;
    IoCounters counters() const override { return io; }

    void add_room(const std::string& room) override;
    void remove_room(const std::string& room) override;
    Participant add_participant(const std::string& room, const Address& local) override;
    void remove_participant(const std::string& participant) override;
    std::string publish(const std::string& participant, const TrackDescription& track) override;
    std::string subscribe(const std::string& participant, const std::string& track,
                          const std::string& layers, std::uint32_t ssrc) override;
    void set_layers(const std::string& subscription, const std::string& layers) override;

  private:
    struct Leg {
        std::string id, participant;
        int endpoint = 0;
        std::uint32_t ssrc = 0;
        std::uint16_t sequence = 0;
        relay::LayerTarget target;
    };
    struct Waiting {
        int endpoint = 0;
        std::vector<std::uint8_t> bytes;
    };

    std::mutex mutex_;
    int endpoints_ = 0, names_ = 0;
    std::map<std::string, int> endpoint_of_;          // by participant
    std::map<std::string, TrackDescription> tracks_;  // by id
    std::map<std::uint32_t, std::string> by_ssrc_;    // track that it belongs to
    std::map<std::string, std::vector<Leg>> legs_;    // by track
    std::deque<Waiting> waiting_;
};

}  // namespace strata::gen
