#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/api/statistics_segment.h"

namespace strata::control {

// The data plane's statistics as the API shows them. Opens the segment when it is asked for and
// again when another run has replaced it. Objects are read at most once per kObjectsAge.
class StatisticsView {
  public:
    static constexpr std::int64_t kObjectsAgeUs = 100'000;
    static constexpr std::int64_t kHeartbeatAgeUs = 5'000'000;

    // `now_us` is a monotonic clock.
    explicit StatisticsView(std::function<std::int64_t()> now_us) : now_us_(std::move(now_us)) {}

    // Name of the segment, empty while there is none.
    void use_segment(const std::string& name);

    // Empty while there is no segment.
    std::vector<api::WorkerSnapshot> workers();
    std::vector<api::PortSnapshot> ports();
    // Of each port what it knows of its network.
    std::vector<api::HostTables> host_tables();
    // The turns that worker `index` recorded; empty while there is no segment or no such worker.
    std::vector<api::TurnRecord> turns(std::uint32_t index);
    // Cycles per second of the time stamp counter; 0 while there is no segment.
    std::uint64_t tsc_hz();
    // Of TCP connections; empty while there is no segment.
    std::vector<api::NamedValue> tcp();
    // `part`: of an encoding its index, of a branch the data plane's worker that it is on. Null:
    // nothing is known of it.
    const api::ObjectSnapshot* object(api::StatisticsKind kind, std::uint64_t id,
                                      std::uint64_t part = 0);
    std::int64_t now_us() const { return now_us_(); }

    // False: the data plane's main thread hasn't been heard of for kHeartbeatAge. `unix_us` is now.
    bool alive(std::int64_t unix_us);

  private:
    using Key = std::pair<api::StatisticsKind, std::pair<std::uint64_t, std::uint64_t>>;
    const api::StatisticsReader* reader();
    void read_objects();

    std::function<std::int64_t()> now_us_;
    std::string name_;
    std::optional<api::StatisticsReader> reader_;
    std::map<Key, api::ObjectSnapshot> objects_;
    std::int64_t objects_read_us_ = -kObjectsAgeUs;
};

}  // namespace strata::control
