#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

#include "dataplane/api/statistics_segment.h"

namespace strata::api {
namespace {

// True when `count` elements of `stride` bytes at `at` lie inside `size` bytes.
bool fits(std::uint64_t at, std::uint64_t count, std::uint64_t stride, std::uint64_t size) {
    return at <= size && (stride == 0 || count <= (size - at) / stride);
}

HostTableCapacity host_table_capacity(const SegmentHeader& h) {
    return {.neighbours = h.neighbours_per_port, .routes = h.routes_per_port};
}

// Empty when the geometry can be trusted, else what is wrong with it.
std::string check(const SegmentHeader& h, std::size_t size) {
    if (h.magic != kStatisticsMagic) return "not a statistics segment, or not ready yet";
    if (h.version != kStatisticsVersion)
        return "version " + std::to_string(h.version) + ", this program reads version " +
               std::to_string(kStatisticsVersion);
    if (h.header_size != sizeof(SegmentHeader) || h.worker_stride != sizeof(WorkerBlock) ||
        h.slot_stride != sizeof(ObjectSlot) || h.port_stride != sizeof(PortBlock) ||
        h.port_counter_count > kMaxPortValues ||
        h.counter_count != static_cast<std::uint32_t>(WorkerCounter::kCount) ||
        h.rx_drop_count != static_cast<std::uint32_t>(RxDrop::kCount) ||
        h.tx_drop_count != static_cast<std::uint32_t>(TxDrop::kCount) ||
        h.object_value_count != static_cast<std::uint32_t>(ObjectValue::kCount))
        return "made by another build";
    const std::uint64_t names = std::uint64_t{h.counter_count} + h.rx_drop_count + h.tx_drop_count +
                                h.object_value_count + kTcpCounters + h.port_counter_count;
    if (h.total_size != size || !fits(h.names_at, names, kStatisticsNameBytes, size) ||
        !fits(h.workers_at, h.worker_count, h.worker_stride, size) || h.workers_at % 64 != 0 ||
        h.slots_at % 64 != 0 ||
        !fits(h.slots_at, std::uint64_t{h.worker_count} * h.slots_per_worker, h.slot_stride,
              size) ||
        !fits(h.ports_at, h.port_count, h.port_stride, size) || h.ports_at % 64 != 0 ||
        !fits(h.host_tables_at, h.port_count, host_table_capacity(h).bytes(), size) ||
        h.host_tables_at % 64 != 0)
        return "damaged: it describes more than it holds";
    return {};
}

std::vector<NamedValue> read_named(std::span<const Counter> values, const char* names) {
    std::vector<NamedValue> out;
    out.reserve(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const char* text = names + i * kStatisticsNameBytes;
        out.push_back({std::string(text, ::strnlen(text, kStatisticsNameBytes)), values[i].get()});
    }
    return out;
}

std::string read_reason(const std::array<char, kPortReasonBytes>& reason) {
    return {reason.data(), ::strnlen(reason.data(), reason.size())};
}

}  // namespace

std::expected<StatisticsReader, std::string> StatisticsReader::open(const std::string& name) {
    const auto fail = [&](const std::string& why) {
        return std::unexpected("statistics segment " + name + ": " + why);
    };
    auto memory = SegmentView::open(name, sizeof(SegmentHeader));
    if (!memory)
        return fail(memory.error() != 0 ? std::strerror(memory.error())
                                        : "too small, or can't be mapped");
    StatisticsReader reader;
    reader.name_ = name;
    reader.memory_ = std::move(*memory);
    std::memcpy(static_cast<void*>(&reader.checked_), reader.memory_.base(), sizeof(SegmentHeader));
    std::atomic_thread_fence(std::memory_order_acquire);
    if (const std::string wrong = check(reader.checked_, reader.memory_.size()); !wrong.empty())
        return fail(wrong);
    return reader;
}

StatisticsReader::StatisticsReader(StatisticsReader&& other) noexcept { *this = std::move(other); }

StatisticsReader& StatisticsReader::operator=(StatisticsReader&& other) noexcept {
    if (this == &other) return *this;
    name_ = std::exchange(other.name_, {});
    memory_ = std::move(other.memory_);
    std::memcpy(static_cast<void*>(&checked_), &other.checked_, sizeof(checked_));
    return *this;
}

bool StatisticsReader::stale() const {
    const int fd = ::shm_open(name_.c_str(), O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return true;
    struct stat status{};
    const bool same = ::fstat(fd, &status) == 0 && status.st_ino == memory_.inode();
    ::close(fd);
    return !same;
}

const WorkerBlock& StatisticsReader::block(std::uint32_t index) const {
    return *reinterpret_cast<const WorkerBlock*>(memory_.base() + checked_.workers_at +
                                                 std::size_t{index} * sizeof(WorkerBlock));
}

std::vector<TurnRecord> StatisticsReader::turns(std::uint32_t index) const {
    return block(index).turn_log.read();
}

WorkerSnapshot StatisticsReader::worker(std::uint32_t index) const {
    const WorkerBlock& block = this->block(index);
    const char* names = reinterpret_cast<const char*>(memory_.base() + checked_.names_at);
    WorkerSnapshot out;
    out.id = block.id;
    out.cpu = block.cpu;
    out.numa_node = block.numa_node;
    out.counters = read_named(block.counters, names);
    names += checked_.counter_count * kStatisticsNameBytes;
    out.rx_drops = read_named(block.rx_drops, names);
    names += checked_.rx_drop_count * kStatisticsNameBytes;
    out.tx_drops = read_named(block.tx_drops, names);
    for (std::size_t i = 0; i < kHistogramBuckets; ++i) {
        out.burst_packets[i] = block.burst_packets[i].get();
        out.turn_ns[i] = block.turn_ns[i].get();
        out.rx_tx_ns[i] = block.rx_tx_ns[i].get();
    }
    return out;
}

std::vector<NamedValue> StatisticsReader::tcp() const {
    const std::size_t before = std::size_t{checked_.counter_count} + checked_.rx_drop_count +
                               checked_.tx_drop_count + checked_.object_value_count;
    return read_named(header().tcp,
                      reinterpret_cast<const char*>(memory_.base() + checked_.names_at) +
                          before * kStatisticsNameBytes);
}

std::vector<PortSnapshot> StatisticsReader::ports() const {
    const std::size_t before = std::size_t{checked_.counter_count} + checked_.rx_drop_count +
                               checked_.tx_drop_count + checked_.object_value_count + kTcpCounters;
    const char* names = reinterpret_cast<const char*>(memory_.base() + checked_.names_at) +
                        before * kStatisticsNameBytes;
    std::vector<PortSnapshot> out;
    for (std::uint32_t i = 0; i < checked_.port_count; ++i) {
        const auto& port = *reinterpret_cast<const PortBlock*>(memory_.base() + checked_.ports_at +
                                                               std::size_t{i} * sizeof(PortBlock));
        const std::string_view spec(port.spec.data(), ::strnlen(port.spec.data(), kPortSpecBytes));
        const std::span<const Counter> values(port.values.data(), checked_.port_counter_count);
        const std::uint64_t steering = port.steering.get(), payload = port.payload.get();
        out.push_back(
            {.spec = std::string(spec),
             .link_up = port.link_up.get() != 0,
             .steering = steering < kSteeringNames.size() ? static_cast<Steering>(steering)
                                                          : Steering::none,
             .steering_reason = read_reason(port.steering_reason),
             .payload = payload < kPayloadPathNames.size() ? static_cast<PayloadPath>(payload)
                                                           : PayloadPath::chained,
             .payload_reason = read_reason(port.payload_reason),
             .counters = read_named(values, names)});
        for (const auto& [counter, value] : {std::pair{"link_changes", &port.link_changes},
                                             {"rx_missed", &port.rx_missed},
                                             {"device_errors", &port.device_errors},
                                             {"device_no_buffer", &port.device_no_buffer}})
            out.back().counters.push_back({counter, value->get()});
    }
    return out;
}

HostTables StatisticsReader::host_tables(std::uint32_t port) const {
    const HostTableCapacity capacity = host_table_capacity(checked_);
    return read_host_tables(*reinterpret_cast<const HostTableBlock*>(
                                memory_.base() + checked_.host_tables_at + port * capacity.bytes()),
                            capacity);
}

std::vector<ObjectSnapshot> StatisticsReader::objects() const {
    std::vector<ObjectSnapshot> out;
    const auto* slots = reinterpret_cast<const ObjectSlot*>(memory_.base() + checked_.slots_at);
    const std::size_t count = std::size_t{checked_.worker_count} * checked_.slots_per_worker;
    for (std::size_t i = 0; i < count; ++i) {
        const ObjectSlot& slot = slots[i];
        const std::uint32_t before = slot.sequence.load(std::memory_order_acquire);
        if (slot.kind == StatisticsKind::none || before % 2 != 0) continue;
        ObjectSnapshot object;
        object.kind = slot.kind;
        object.worker = static_cast<std::uint32_t>(i / checked_.slots_per_worker);
        object.id = slot.id;
        object.parent = slot.parent;
        object.peer = slot.peer;
        for (std::size_t v = 0; v < object.values.size(); ++v)
            object.values[v] = slot.values[v].get();
        std::atomic_thread_fence(std::memory_order_acquire);
        if (slot.sequence.load(std::memory_order_relaxed) == before) out.push_back(object);
    }
    return out;
}

}  // namespace strata::api
