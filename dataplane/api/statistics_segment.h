#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/api/config/payload_path.h"
#include "dataplane/api/config/steering.h"
#include "dataplane/api/histogram_summary.h"
#include "dataplane/api/host_tables.h"
#include "dataplane/api/shared_memory.h"
#include "dataplane/api/statistics.h"
#include "dataplane/api/turn_log.h"

// Statistics in shared memory: written by strata-dataplane, read by anybody with the right to. A
// reader never locks, never writes and always ends, whatever the writer does or however it died.
//
//   SegmentHeader | names | WorkerBlock × workers | ObjectSlot × workers × slots_per_worker |
//   PortBlock × ports | HostTableBlock with its tables × ports
namespace strata::api {

constexpr std::uint64_t kStatisticsMagic = 0x5453415441525453ULL;  // "STRATAST"
constexpr std::uint32_t kStatisticsVersion = 8;
constexpr std::size_t kStatisticsNameBytes = 32;  // zero-terminated

struct alignas(64) SegmentHeader {
    std::uint64_t magic;  // written last
    std::uint32_t version;
    std::uint32_t header_size;
    std::uint64_t total_size;  // bytes of the whole segment
    std::uint64_t epoch;       // of the data plane: another one is another run
    std::int64_t pid;
    std::uint64_t start_unix_us;
    std::uint64_t tsc_hz;  // of the time stamp counter: cycles per second
    std::uint32_t worker_count, worker_stride;
    std::uint64_t workers_at;  // offsets from the segment's first byte
    std::uint32_t slots_per_worker, slot_stride;
    std::uint64_t slots_at;
    std::uint64_t
        names_at;  // counters, rx drops, tx drops, object values, TCP: kStatisticsNameBytes each
    std::uint32_t counter_count, rx_drop_count, tx_drop_count, object_value_count;
    Counter heartbeat_us;     // main thread, about once per second: Unix time
    Counter generation;       // of the last committed state
    Counter slots_exhausted;  // objects that got no slot
    Counter punts_lost;       // datagrams between control and workers that found nobody or no room
    std::array<Counter, kTcpCounters> tcp;  // by the thread that serves TCP connections
    std::uint64_t ports_at;
    std::uint32_t port_count, port_stride, port_counter_count;  // their names come last
    std::uint32_t neighbours_per_port, routes_per_port;
    std::uint64_t host_tables_at;
};

// One worker's counters. Writer: that worker.
struct alignas(64) WorkerBlock {
    std::uint32_t id;
    std::int32_t cpu;  // -1: floats
    std::uint32_t numa_node;
    std::uint32_t reserved;
    alignas(64) std::array<Counter, static_cast<std::size_t>(WorkerCounter::kCount)> counters;
    alignas(64) std::array<Counter, static_cast<std::size_t>(RxDrop::kCount)> rx_drops;
    alignas(64) std::array<Counter, static_cast<std::size_t>(TxDrop::kCount)> tx_drops;
    alignas(64) Histogram burst_packets;  // packets per non-empty rx burst
    alignas(64) Histogram turn_ns;        // duration of busy turns, nanoseconds
    alignas(64) Histogram rx_tx_ns;       // outputs: from the rx burst to the port that took them
    TurnLog turn_log;

    Counter& operator[](WorkerCounter counter) {
        return counters[static_cast<std::size_t>(counter)];
    }
    Counter& operator[](RxDrop reason) { return rx_drops[static_cast<std::size_t>(reason)]; }
    Counter& operator[](TxDrop reason) { return tx_drops[static_cast<std::size_t>(reason)]; }
};

constexpr std::size_t kMaxPortValues = 96;
constexpr std::size_t kPortSpecBytes = 1024;  // zero-terminated, cut
constexpr std::size_t kPortReasonBytes = 256;

// One port's counters, the sums of its queues. Writer: the main thread, about ten times a second.
struct alignas(64) PortBlock {
    std::array<char, kPortSpecBytes> spec;
    std::array<char, kPortReasonBytes> steering_reason;  // why not a better one; mostly constant
    std::array<char, kPortReasonBytes> payload_reason;
    Counter steering;      // G: Steering
    Counter payload;       // G: PayloadPath
    Counter link_up;       // G: 1 when it has a link, or needs none
    Counter link_changes;  // C
    // C, of the device, which dropped them before a worker saw them.
    Counter rx_missed;                           // the receive ring was full: the worker was late
    Counter device_errors;                       // damaged, or larger than a buffer
    Counter device_no_buffer;                    // the pool was empty
    std::array<Counter, kMaxPortValues> values;  // the first port_counter_count
};

// One object's values. Identity is written by the main thread before the worker learns of the
// object and after it has forgotten it; values by the worker.
struct alignas(64) ObjectSlot {
    std::atomic<std::uint32_t> sequence;  // odd while the identity changes
    StatisticsKind kind;
    std::uint64_t id;  // of control's object; of the track for an encoding or a branch
    // track: its transport; subscription: its track; encoding: its index; branch: the worker that
    // has the track
    std::uint64_t parent;
    std::uint64_t peer;  // subscription: its transport
    std::array<Counter, static_cast<std::size_t>(ObjectValue::kCount)> values;

    Counter& operator[](ObjectValue value) { return values[static_cast<std::size_t>(value)]; }
};
static_assert(sizeof(ObjectSlot) % 64 == 0);

struct StatisticsLayout {
    std::uint32_t workers = 1;
    std::uint32_t slots_per_worker = 1024;
    std::uint64_t epoch = 0;
    std::uint64_t tsc_hz = 0;
    std::vector<std::string> ports;                   // as configured
    std::span<const std::string_view> port_counters;  // at most kMaxPortValues names
    HostTableCapacity host_tables;                    // of each port
};

// The writing side: creates the segment (replacing what a dead process left) and removes it when it
// goes. With an empty name the memory is private to the process (tests, replay).
class StatisticsSegment {
  public:
    static std::expected<StatisticsSegment, std::string> create(const std::string& name,
                                                                const StatisticsLayout& layout);

    static std::size_t size_of(const StatisticsLayout& layout);

    SegmentHeader& header() { return *reinterpret_cast<SegmentHeader*>(memory_.base()); }
    WorkerBlock& worker(std::uint32_t index);
    std::span<ObjectSlot> slots(std::uint32_t worker);
    PortBlock& port(std::uint32_t index);
    // What port `index` knows of its network, for readers.
    void set_host_tables(std::uint32_t index, const HostTables& tables);

  private:
    explicit StatisticsSegment(OwnedSegment memory) : memory_(std::move(memory)) {}
    OwnedSegment memory_;
};

// How packets come to the port's workers. Main thread.
void set_steering(PortBlock& port, Steering method, std::string_view reason);
void set_payload(PortBlock& port, PayloadPath path, std::string_view reason);

// Gives a slot an identity and zeroes its values, or frees it. Main thread.
void assign_slot(ObjectSlot& slot, StatisticsKind kind, std::uint64_t id, std::uint64_t parent,
                 std::uint64_t peer);
void free_slot(ObjectSlot& slot);

struct NamedValue {
    std::string name;
    std::uint64_t value = 0;
};

struct WorkerSnapshot {
    std::uint32_t id = 0;
    std::int32_t cpu = -1;
    std::uint32_t numa_node = 0;
    std::vector<NamedValue> counters, rx_drops, tx_drops;
    std::uint64_t operator[](WorkerCounter counter) const {
        return counters[static_cast<std::size_t>(counter)].value;
    }
    HistogramValues burst_packets{}, turn_ns{}, rx_tx_ns{};
};

struct PortSnapshot {
    std::string spec;
    bool link_up = false;
    Steering steering = Steering::none;
    std::string steering_reason;
    PayloadPath payload = PayloadPath::chained;
    std::string payload_reason;
    std::vector<NamedValue> counters;
};

struct ObjectSnapshot {
    StatisticsKind kind = StatisticsKind::none;
    std::uint32_t worker = 0;
    std::uint64_t id = 0, parent = 0, peer = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(ObjectValue::kCount)> values{};
    std::uint64_t operator[](ObjectValue value) const {
        return values[static_cast<std::size_t>(value)];
    }
};

// The reading side. Every offset and count is checked against the mapped size once, when it opens.
class StatisticsReader {
  public:
    // The error text says what is wrong with the segment, or that there is none.
    static std::expected<StatisticsReader, std::string> open(const std::string& name);
    StatisticsReader(StatisticsReader&& other) noexcept;
    StatisticsReader& operator=(StatisticsReader&& other) noexcept;

    const SegmentHeader& header() const {
        return *reinterpret_cast<const SegmentHeader*>(memory_.base());
    }
    // True when another run of the data plane has replaced the segment, or it is gone: open again.
    bool stale() const;
    // `index` < header().worker_count.
    WorkerSnapshot worker(std::uint32_t index) const;
    std::vector<TurnRecord> turns(std::uint32_t index) const;
    // Of the data plane's TCP connections.
    std::vector<NamedValue> tcp() const;
    std::vector<PortSnapshot> ports() const;
    // `port` < header().port_count. Empty, all of them, of ports that aren't on an Ethernet.
    HostTables host_tables(std::uint32_t port) const;
    // All objects in use, of all workers. Objects that change hands meanwhile are left out.
    std::vector<ObjectSnapshot> objects() const;

  private:
    StatisticsReader() = default;
    const WorkerBlock& block(std::uint32_t index) const;
    std::string name_;
    SegmentView memory_;
    // Copies of the checked geometry: the header's could change under a corrupting writer.
    SegmentHeader checked_{};
};

}  // namespace strata::api
