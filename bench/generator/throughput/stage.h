#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/generator/throughput/api_worker.h"
#include "bench/generator/throughput/load.h"
#include "bench/generator/throughput/preset.h"
#include "bench/generator/throughput/relay_api.h"

namespace strata::gen {

struct StageConfig {
    Preset preset;
    std::string rooms = "bench";  // their names begin so
    std::string local_ip = "127.0.0.1";
    std::uint16_t first_port = 0;  // 0: the kernel chooses each
    std::uint32_t seed = 1;
};

// A preset put on a running appliance: its rooms, participants, tracks and subscriptions there, its
// publishers and flows in the load. Grows, shrinks and churns while packets go on; what it made
// goes with it. Thread: the load's; it asks the appliance on another.
class Stage {
  public:
    // `load` and `io` must outlive it; while it lives, it is told of the load's turns.
    Stage(StageConfig config, RelayApi& api, Load& load, PacketIo& io);
    ~Stage();

    // So many of what the preset's `scale` names. Returns when every flow has begun; throws
    // ApiError.
    void set_units(std::uint32_t units);
    // Joins, leaves and layer changes at the preset's rates from now on; off: they stop.
    void set_churn(bool on);
    std::uint64_t receivers() const { return config_.preset.receivers(); }
    std::uint64_t joined() const { return joined_; }
    std::uint64_t left() const { return left_; }
    std::uint64_t layer_changes() const { return layer_changes_; }

  private:
    struct Published {
        bool video = true;
        std::unique_ptr<MediaSource> source;  // until the load has it
        TrackDescription track;
        std::size_t publisher = 0;  // of the load
        std::string id;             // of the appliance
    };
    struct Leg {
        Published* track = nullptr;
        std::size_t flow = 0;
        std::uint32_t ssrc = 0;
        std::string layers, id;
        bool changing = false;
    };
    struct Member {
        const PresetMembers* group = nullptr;
        std::uint32_t index = 0;  // among its group, for layers and whom it receives
        int endpoint = -1;
        Address local;
        RelayApi::Participant participant;
        std::vector<std::unique_ptr<Published>> published;
        std::vector<Leg> legs;
        bool ready = false;  // subscribed
        bool leaving = false;
        bool moving() const {
            return !ready || leaving || std::ranges::any_of(legs, &Leg::changing);
        }
    };
    struct Room {
        std::string name;
        bool made = false;
        std::deque<std::unique_ptr<Member>> members;
    };

    void grow();
    void shrink();
    std::unique_ptr<Member> make_member(const PresetMembers& group, std::uint32_t index);
    void publish(const Room& room, Member& member);
    void add_publishers(Member& member);
    void add_legs(const Room& room, std::size_t place);
    void subscribe(Member& member);
    void remove_member_media(Member& member);
    int take_endpoint();
    void finish_jobs();
    void wait_for_media();
    void begin_hostile();
    void drain_jobs();

    void on_turn();
    void churn_members(std::int64_t now_us);
    void churn_layers(std::int64_t now_us);
    void join(Room& room);
    void leave(Room& room);
    void change_layers(Member& member, Leg& leg);
    Member* draw_listener(Room& room);

    StageConfig config_;
    RelayApi& api_;
    Load& load_;
    PacketIo& io_;
    std::vector<std::unique_ptr<Room>> rooms_;
    std::vector<int> free_endpoints_;
    std::uint32_t publishers_made_ = 0, ssrcs_given_ = 0;
    std::mt19937 random_;
    bool churning_ = false, hostile_ = false;
    std::int64_t next_join_us_ = 0, next_change_us_ = 0;
    std::uint64_t joined_ = 0, left_ = 0, layer_changes_ = 0;
    ApiWorker worker_;  // last: its jobs use the others
};

}  // namespace strata::gen
