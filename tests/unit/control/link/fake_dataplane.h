#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/link/session.h"
#include "dataplane/api/protocol.h"
#include "dataplane/api/strata.pb.h"

namespace strata::control {

// The data plane's end of the link as strata.proto defines it, in maps: applies resyncs and
// differences, checks digests and counts, remembers what each object was and how often it changed.
class FakeDataplane {
  public:
    explicit FakeDataplane(std::uint64_t epoch) : epoch_(epoch) {}

    // Answers to one message of control's.
    std::vector<std::string> receive(const std::string& bytes) {
        api::ToDataplane message;
        if (!message.ParseFromString(bytes) || bytes.size() > api::kMaxMessageBytes)
            return {refused("malformed")};
        ++messages;
        if (message.has_hello()) return {hello()};
        if (message.has_resync_begin()) {
            resync_.emplace();
            digest_ = {};
            count_ = 0;
            return {};
        }
        if (message.has_observations()) observations = message.observations();
        if (message.has_batch() && resync_) return stage(message.batch());
        if (message.has_batch()) return {difference(message.batch())};
        if (message.has_resync_commit()) return {commit(message.resync_commit())};
        return {};
    }

    std::string latched(std::uint64_t transport, const std::string& address, std::uint32_t port) {
        api::ToControl message;
        auto* event = message.mutable_event()->mutable_latched();
        event->set_transport(transport);
        event->set_address(address);
        event->set_port(port);
        return message.SerializeAsString();
    }
    std::string nominated(std::uint64_t transport, const std::string& address, std::uint32_t port,
                          bool tcp) {
        api::ToControl message;
        auto* event = message.mutable_event()->mutable_nominated();
        event->set_transport(transport);
        event->set_address(address);
        event->set_port(port);
        event->set_tcp(tcp);
        return message.SerializeAsString();
    }
    std::string refused(const std::string& code) {
        api::ToControl message;
        message.mutable_refused()->set_code(code);
        return message.SerializeAsString();
    }
    static std::string applied(std::uint64_t generation) {
        api::ToControl message;
        message.mutable_applied()->set_generation(generation);
        return message.SerializeAsString();
    }

    using Objects = std::map<ObjectKey, std::string>;
    Objects objects;
    std::map<ObjectKey, int> changes;         // puts that differed from what was there, and removes
    std::map<ObjectKey, std::string> refuse;  // object → error code
    std::uint32_t version = api::kProtocolVersion;
    int messages = 0;
    std::string segment = "none";
    std::string observation_segment;
    api::Observations observations;          // the last ones
    std::vector<std::string> addresses;      // of its worker, for WebRTC peers
    std::vector<std::string> tcp_addresses;  // the same by TCP
    std::uint32_t own_addresses = 0;         // of `addresses`, those of the worker's port

    static ObjectKey key_of(const api::Object& object) {
        using Kind = ObjectKey::Kind;
        if (object.has_transport()) return {Kind::transport, object.transport().id()};
        if (object.has_track()) return {Kind::track, object.track().id()};
        return {Kind::subscription, object.subscription().id()};
    }

  private:
    std::string hello() {
        api::ToControl message;
        auto* reply = message.mutable_hello();
        reply->set_version(version);
        reply->set_dataplane_epoch(epoch_);
        reply->set_statistics_segment(segment);
        reply->set_observation_segment(observation_segment);
        auto* worker = reply->add_workers();
        worker->set_cpu(1);
        worker->set_port("socket:127.0.0.1");
        worker->set_address("127.0.0.1");
        worker->set_udp_port(40000);
        for (const std::string& address : addresses) worker->add_addresses(address);
        for (const std::string& address : tcp_addresses) worker->add_tcp_addresses(address);
        worker->set_own_addresses(own_addresses);
        return message.SerializeAsString();
    }
    std::vector<std::string> stage(const api::Batch& batch) {
        for (const api::Object& object : batch.put()) {
            digest_.add(object.SerializeAsString());
            ++count_;
            (*resync_)[key_of(object)] = object.SerializeAsString();
        }
        return {};
    }
    void take_error(const ObjectKey& key, api::Applied& applied) {
        const auto it = refuse.find(key);
        if (it == refuse.end()) return;
        api::ObjectError* error = applied.add_errors();
        *error->mutable_object() = object_ref(key);
        error->set_code(it->second);
    }
    std::string difference(const api::Batch& batch) {
        api::ToControl message;
        message.mutable_applied()->set_generation(batch.generation());
        for (const api::ObjectRef& ref : batch.remove()) {
            objects.erase(*object_key(ref));
            ++changes[*object_key(ref)];
        }
        for (const api::Object& object : batch.put()) {
            const ObjectKey key = key_of(object);
            put(key, object.SerializeAsString());
            take_error(key, *message.mutable_applied());
        }
        return message.SerializeAsString();
    }
    void put(const ObjectKey& key, const std::string& value) {
        std::string& slot = objects[key];
        if (slot != value) ++changes[key];
        slot = value;
    }
    std::string commit(const api::ResyncCommit& commit) {
        if (commit.object_count() != count_) return refused("count");
        if (commit.digest() != digest_.value()) return refused("digest");
        api::ToControl message;
        message.mutable_applied()->set_generation(commit.generation());
        for (auto it = objects.begin(); it != objects.end();) {
            if (resync_->contains(it->first)) {
                ++it;
                continue;
            }
            ++changes[it->first];
            it = objects.erase(it);
        }
        for (const auto& [key, value] : *resync_) {
            put(key, value);
            take_error(key, *message.mutable_applied());
        }
        resync_.reset();
        return message.SerializeAsString();
    }

    std::uint64_t epoch_;
    std::optional<Objects> resync_;
    api::Digest digest_;
    std::uint32_t count_ = 0;
};

}  // namespace strata::control
