#include "dataplane/api/statistics_segment.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

namespace strata::api {
namespace {

std::string segment_name(const char* name) {
    return "/strata-test-" + std::to_string(::getpid()) + "-" + name;
}

std::uint64_t find(const std::vector<NamedValue>& values, const std::string& name) {
    for (const NamedValue& value : values)
        if (value.name == name) return value.value;
    ADD_FAILURE() << name << " not found";
    return 0;
}

TEST(StatisticsSegment, ReaderSeesCountersByName) {
    const std::string name = segment_name("names");
    auto segment = StatisticsSegment::create(name, {.workers = 2, .slots_per_worker = 4}).value();
    segment.worker(1)[WorkerCounter::fanned_out].add(3);
    segment.worker(1)[RxDrop::dtls_refused].add(2);
    segment.worker(1)[TxDrop::port_error].add(1);
    segment.worker(1).burst_packets[histogram_bucket(32)].add();

    auto reader = StatisticsReader::open(name);
    ASSERT_TRUE(reader) << reader.error();
    ASSERT_EQ(reader->header().worker_count, 2u);
    const WorkerSnapshot worker = reader->worker(1);
    EXPECT_EQ(worker.id, 1u);
    EXPECT_EQ(find(worker.counters, "fanned_out"), 3u);
    EXPECT_EQ(find(worker.counters, "timer_us_late_max"), 0u);
    EXPECT_EQ(find(worker.rx_drops, "dtls_refused"), 2u);
    EXPECT_EQ(find(worker.rx_drops, "malformed_descriptor"), 0u);
    EXPECT_EQ(find(worker.tx_drops, "port_error"), 1u);
    EXPECT_EQ(worker.burst_packets[histogram_bucket(32)], 1u);
}

TEST(StatisticsSegment, PortsHaveNamedCountersOfTheirOwn) {
    const std::string name = segment_name("ports");
    constexpr std::array<std::string_view, 2> kCounters{"rx_frames", "rx_arp"};
    auto segment = StatisticsSegment::create(name, {.workers = 1,
                                                    .slots_per_worker = 4,
                                                    .ports = {"socket:::1", "net_tap0"},
                                                    .port_counters = kCounters})
                       .value();
    segment.port(1).values[1].add(5);
    segment.port(1).link_up.set(1);
    segment.port(1).rx_missed.set(9);
    set_steering(segment.port(1), Steering::rss, std::string(1'000, 'x'));
    set_steering(segment.port(1), Steering::ring, "no rte_flow");
    set_payload(segment.port(1), PayloadPath::linearised, std::string(1'000, 'y'));
    const auto ports = StatisticsReader::open(name).value().ports();
    ASSERT_EQ(ports.size(), 2u);
    EXPECT_EQ(ports[0].spec, "socket:::1");
    EXPECT_FALSE(ports[0].link_up);
    EXPECT_EQ(ports[1].spec, "net_tap0");
    EXPECT_TRUE(ports[1].link_up);
    EXPECT_EQ(ports[0].steering, Steering::none);
    EXPECT_EQ(ports[0].steering_reason, "");
    EXPECT_EQ(ports[1].steering, Steering::ring);
    EXPECT_EQ(ports[1].steering_reason, "no rte_flow");
    EXPECT_EQ(ports[0].payload, PayloadPath::chained);
    EXPECT_EQ(ports[0].payload_reason, "");
    EXPECT_EQ(ports[1].payload, PayloadPath::linearised);
    EXPECT_EQ(ports[1].payload_reason, std::string(kPortReasonBytes - 1, 'y'));
    EXPECT_EQ(find(ports[1].counters, "rx_frames"), 0u);
    EXPECT_EQ(find(ports[1].counters, "rx_arp"), 5u);
    EXPECT_EQ(find(ports[1].counters, "link_changes"), 0u);
    EXPECT_EQ(find(ports[1].counters, "rx_missed"), 9u);
}

TEST(StatisticsSegment, PortsHaveHostTablesOfTheirOwn) {
    const std::string name = segment_name("hosts");
    auto segment = StatisticsSegment::create(name, {.workers = 1,
                                                    .slots_per_worker = 4,
                                                    .ports = {"net_tap0", "net_tap1"},
                                                    .host_tables = {.neighbours = 2, .routes = 3}})
                       .value();
    const NeighbourEntry first{.address = {1}, .mac = {2, 3}, .links = 4, .heard_s = 5};
    const PathEntry path{.to = {6}, .hop = {1}, .mtu_bytes = 1'280};
    const RouteEntry route{.to = {7}, .hop = {8}, .bits = 24, .origin = RouteOrigin::kernel};
    const HostTables tables{{first, {}}, {path}, {route, {}, route}};
    segment.set_host_tables(1, tables);
    const auto reader = StatisticsReader::open(name).value();
    EXPECT_EQ(reader.host_tables(0), HostTables{});
    EXPECT_EQ(reader.host_tables(1), tables);
    // What there is no room for is left out.
    segment.set_host_tables(0, {{{}, {}, {}}, {path, path, path}, {route, route, route, route}});
    EXPECT_EQ(reader.host_tables(0), (HostTables{{{}, {}}, {path, path}, {route, route, route}}));
    EXPECT_EQ(reader.host_tables(1), tables);
    segment.set_host_tables(1, {});
    EXPECT_EQ(reader.host_tables(1), HostTables{});
}

TEST(HostTables, AReaderNeverSeesHalfOfThem) {
    const HostTableCapacity capacity{.neighbours = 64, .routes = 64};
    const auto memory = std::make_unique<std::byte[]>(capacity.bytes() + 64);
    void* at = memory.get();
    std::size_t space = capacity.bytes() + 64;
    auto* block = new (std::align(64, capacity.bytes(), at, space)) HostTableBlock{};
    const auto of = [](std::uint32_t links, std::size_t count) {
        HostTables tables;
        tables.neighbours.assign(count, {.links = links});
        tables.routes.assign(count, {.bits = static_cast<std::uint8_t>(links)});
        return tables;
    };
    const HostTables one = of(1, 64), other = of(2, 63);
    write_host_tables(*block, capacity, one);
    std::thread writer([&] {
        for (int i = 0; i < 2'000; ++i)
            write_host_tables(*block, capacity, i % 2 == 0 ? other : one);
    });
    for (int i = 0; i < 2'000; ++i) {
        const HostTables seen = read_host_tables(*block, capacity);
        EXPECT_TRUE(seen == one || seen == other || seen == HostTables{});
    }
    writer.join();
    block->sequence.fetch_add(1);  // a writer that died in the middle
    EXPECT_EQ(read_host_tables(*block, capacity), HostTables{});
}

TEST(StatisticsSegment, ObjectsComeAndGo) {
    const std::string name = segment_name("objects");
    auto segment = StatisticsSegment::create(name, {.workers = 2, .slots_per_worker = 4}).value();
    ObjectSlot& slot = segment.slots(1)[2];
    assign_slot(slot, StatisticsKind::subscription, 77, 5, 9);
    slot[ObjectValue::packets].add(10);
    slot[ObjectValue::current].set(pack_layers(1, 2, 1, false));

    auto reader = StatisticsReader::open(name).value();
    auto objects = reader.objects();
    ASSERT_EQ(objects.size(), 1u);
    EXPECT_EQ(objects[0].kind, StatisticsKind::subscription);
    EXPECT_EQ(objects[0].worker, 1u);
    EXPECT_EQ(objects[0].id, 77u);
    EXPECT_EQ(objects[0].parent, 5u);
    EXPECT_EQ(objects[0].peer, 9u);
    EXPECT_EQ(objects[0][ObjectValue::packets], 10u);
    EXPECT_EQ(unpack_layers(objects[0][ObjectValue::current]).spatial, 2);

    free_slot(slot);
    EXPECT_TRUE(reader.objects().empty());
}

TEST(StatisticsSegment, ASlotThatChangesHandsIsLeftOut) {
    const std::string name = segment_name("torn");
    auto segment = StatisticsSegment::create(name, {.workers = 1, .slots_per_worker = 2}).value();
    assign_slot(segment.slots(0)[0], StatisticsKind::track, 1, 0, 0);
    segment.slots(0)[0].sequence.fetch_add(1);  // a writer that died in the middle
    EXPECT_TRUE(StatisticsReader::open(name).value().objects().empty());
}

TEST(StatisticsReader, ANewRunMakesTheOldOneStale) {
    const std::string name = segment_name("stale");
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {  // dies without cleaning up
        auto segment = StatisticsSegment::create(name, {.epoch = 1});
        ::_exit(segment ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    auto old = StatisticsReader::open(name);
    ASSERT_TRUE(old) << old.error();
    EXPECT_FALSE(old->stale());
    EXPECT_EQ(old->worker(0).id, 0u);

    auto segment = StatisticsSegment::create(name, {.epoch = 2}).value();
    EXPECT_TRUE(old->stale());
    EXPECT_EQ(old->header().epoch, 1u);  // its memory is still there
    EXPECT_EQ(StatisticsReader::open(name).value().header().epoch, 2u);
}

TEST(StatisticsReader, RefusesWhatItCannotTrust) {
    EXPECT_FALSE(StatisticsReader::open(segment_name("missing")));

    const std::string name = segment_name("damaged");
    auto segment = StatisticsSegment::create(name, {}).value();
    segment.header().slots_per_worker = 1u << 31;
    auto reader = StatisticsReader::open(name);
    ASSERT_FALSE(reader);
    EXPECT_NE(reader.error().find("damaged"), std::string::npos) << reader.error();
    segment.header().slots_per_worker = 4;
    segment.header().routes_per_port = 1u << 31;
    segment.header().port_count = 1;
    reader = StatisticsReader::open(name);
    ASSERT_FALSE(reader);
    EXPECT_NE(reader.error().find("damaged"), std::string::npos) << reader.error();
    segment.header().version = 99;
    reader = StatisticsReader::open(name);
    ASSERT_FALSE(reader);
    EXPECT_NE(reader.error().find("version 99"), std::string::npos) << reader.error();
}

TEST(Histogram, BucketsAreOrderedAndTheirBoundsFallIntoThem) {
    for (std::size_t i = 0; i < kHistogramBuckets; ++i) {
        EXPECT_EQ(histogram_bucket(histogram_lower_bound(i)), i);
        if (i > 0) {
            EXPECT_EQ(histogram_bucket(histogram_lower_bound(i) - 1), i - 1);
        }
    }
    EXPECT_EQ(histogram_bucket(~std::uint64_t{0}), kHistogramBuckets - 1);
}

TEST(PackLayers, RoundTrips) {
    const PackedLayers layers = unpack_layers(pack_layers(3, 2, 1, true));
    EXPECT_EQ(layers.encoding, 3);
    EXPECT_EQ(layers.spatial, 2);
    EXPECT_EQ(layers.temporal, 1);
    EXPECT_TRUE(layers.paused);
}

}  // namespace
}  // namespace strata::api
