// Drives one Verilated hwgen design from compiled code: bulk bus accesses and bulk streams behind a small C interface.
//
// Compiled together with every design; HWGEN_X_BITS and HWGEN_Y_BITS are the payload widths, HWGEN_TRACE and
// HWGEN_TRACE_HEADER the waveform writer's class and header, if there is one; with HWGEN_ATTACHED the ports attached_out
// and attached_in, of up to 64 bits, go to a function of the caller's. A bulk operation is a *job*: one call starts it, then `hwgen_run` advances it by a bounded number of clocks until it ends, so that the
// caller can look at signals between calls without the hardware noticing: no bubble, no change of any signal.
//
// The inputs change right after a rising edge and the outputs are sampled right before the next one, as a register
// would do it.

#include "Vtop.h"

#ifdef HWGEN_TRACE
#include HWGEN_TRACE_HEADER
#endif

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

// Verilator's defaults end the process; here a design's failure becomes an error of the caller.
void vl_fatal(const char* file, int line, const char*, const char* message) {
    throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + message);
}
void vl_stop(const char* file, int line, const char* scope) { vl_fatal(file, line, scope, "the design called $stop"); }
void vl_finish(const char* file, int line, const char* scope) {
    vl_fatal(file, line, scope, "the design called $finish");
}

namespace {

constexpr size_t X_WORDS = (HWGEN_X_BITS + 31) / 32;
constexpr size_t Y_WORDS = (HWGEN_Y_BITS + 31) / 32;
constexpr unsigned RESET_CLOCKS = 2;
constexpr uint64_t CLOCK_PERIOD = 10;  // ns in a waveform

// A port of up to 64 bits is an unsigned integer, a wider one an array of words; least significant word first.
template <class Port> void put(Port& port, const uint32_t* words) {
    if constexpr (sizeof(Port) > sizeof(uint32_t)) {
        port = words[0] | static_cast<uint64_t>(words[1]) << 32;
    } else {
        port = static_cast<Port>(words[0]);
    }
}
template <std::size_t N> void put(VlWide<N>& port, const uint32_t* words) {
    for (size_t i = 0; i < N; ++i) port[i] = words[i];
}
template <class Port> void get(const Port& port, uint32_t* words) {
    words[0] = static_cast<uint32_t>(port);
    if constexpr (sizeof(Port) > sizeof(uint32_t)) words[1] = static_cast<uint32_t>(port >> 32);
}
template <std::size_t N> void get(const VlWide<N>& port, uint32_t* words) {
    for (size_t i = 0; i < N; ++i) words[i] = port[i];
}

// Marsaglia's xorshift64: deterministic stalls from a seed.
class Chance {
  public:
    explicit Chance(uint64_t seed = 0) : state_(seed * 0x9E3779B97F4A7C15u + 0xD1B54A32D192ED03u) {
        if (state_ == 0) state_ = 1;  // the one state that xorshift never leaves
    }
    // True `in_256` times in 256.
    bool operator()(uint32_t in_256) {
        if (in_256 == 0) return false;
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return (state_ >> 56) < in_256;
    }

  private:
    uint64_t state_;
};

enum Status : int { RUNNING = 0, DONE = 1, REFUSED = 2, SILENT = 3, FAILED = 4 };

class Hardware;

// What `hwgen_run` advances. `step` is one clock.
struct Job {
    virtual ~Job() = default;
    virtual Status step(Hardware& hardware) = 0;
    uint64_t progress = 0;  // accesses made, or transfers on both streams
    uint64_t waited = 0;    // clocks since the last of them
    uint64_t elapsed = 0;   // streams: clocks from the first x transfer to the last y transfer

    Status advanced(uint64_t transfers, uint64_t limit, bool done) {
        progress += transfers;
        waited = transfers ? 0 : waited + 1;
        return done ? DONE : waited >= limit ? SILENT : RUNNING;
    }
};

class Hardware {
  public:
    explicit Hardware(const char* waves) {
#ifdef HWGEN_TRACE
        context_.traceEverOn(true);
        top.trace(&trace_, 99);
        trace_.set_time_unit("1ns");
        trace_.set_time_resolution("1ns");
        trace_.open(waves);
        if (!trace_.isOpen()) throw std::runtime_error(std::string("cannot write ") + waves);
#else
        static_cast<void>(waves);
#endif
    }
    ~Hardware() {
        top.final();
#ifdef HWGEN_TRACE
        trace_.close();
#endif
    }

    // First half of a clock: the inputs just driven travel through the combinational logic; sample outputs after it.
    void settle() {
#ifdef HWGEN_TRACE
        top.eval();  // the clock still high: in a waveform inputs change with the rising edge
        trace_.dump(clocks * CLOCK_PERIOD);
        top.clk = 0;
        top.eval();
        trace_.dump(clocks * CLOCK_PERIOD + CLOCK_PERIOD / 2);
#else
        top.clk = 0;
        top.eval();
#endif
    }
    // Second half: the rising edge.
    void rise() {
        top.clk = 1;
        top.eval();
        ++clocks;
#ifdef HWGEN_ATTACHED
        if (attached && (top.attached_out != attached_out)) {
            attached_out = top.attached_out;
            top.attached_in = attached(attached_out);
        }
#endif
    }
    // Ends any job; requests nothing from now on.
    void idle() {
        job.reset();
        top.bus_valid = 0;
        top.x_valid = 0;
        top.y_ready = 0;
    }
    void reset() {
        idle();
        top.rst = 1;
        for (unsigned i = 0; i < RESET_CLOCKS; ++i) {
            settle();
            rise();
        }
        top.rst = 0;
    }
    Status run(uint64_t max_clocks) {
        Status status = RUNNING;
        for (uint64_t i = 0; i < max_clocks && status == RUNNING; ++i) status = job->step(*this);
        return status;
    }

  private:
    VerilatedContext context_;
#ifdef HWGEN_TRACE
    HWGEN_TRACE trace_;
#endif

  public:
    Vtop top{&context_};
    std::unique_ptr<Job> job;
    uint64_t clocks = 0;
    std::string message;  // of the last failure
#ifdef HWGEN_ATTACHED
    uint64_t (*attached)(uint64_t) = nullptr;  // what is at the pins: from the levels they have now to those it drives
    uint64_t attached_out = 0;                 // the levels when it was called last
#endif
};

struct BusJob final : Job {
    const uint32_t* address;
    const uint32_t* write_data;  // null for a read
    uint32_t* read_data;         // null for a write
    uint64_t count;
    uint64_t limit;

    BusJob(const uint32_t* address, const uint32_t* write_data, uint32_t* read_data, uint64_t count, uint64_t limit)
        : address(address), write_data(write_data), read_data(read_data), count(count), limit(limit) {}

    Status step(Hardware& hardware) override {
        if (progress == count) return DONE;
        Vtop& top = hardware.top;
        top.bus_valid = 1;
        top.bus_write = write_data != nullptr;
        top.bus_address = address[progress];
        top.bus_wdata = write_data ? write_data[progress] : 0;
        hardware.settle();
        const bool ready = top.bus_ready;
        const bool refused = ready && top.bus_error;
        if (ready && !refused && read_data) read_data[progress] = top.bus_rdata;
        hardware.rise();
        if (refused) return REFUSED;
        return advanced(ready, limit, progress + ready == count);
    }
};

struct StreamJob final : Job {
    const uint32_t* x;
    uint32_t* y;
    uint64_t samples, results, limit;
    uint32_t x_stall, y_stall;  // in 256
    Chance chance;
    uint64_t sent = 0, received = 0, first = 0;
    bool offered = false;  // x_valid is high: it must stay so until the hardware is ready

    StreamJob(const uint32_t* x, uint64_t samples, uint32_t* y, uint64_t results, uint64_t limit, uint32_t x_stall,
              uint32_t y_stall, uint64_t seed)
        : x(x), y(y), samples(samples), results(results), limit(limit), x_stall(x_stall), y_stall(y_stall),
          chance(seed) {}

    bool done() const { return sent == samples && received == results; }

    Status step(Hardware& hardware) override {
        if (done()) return DONE;
        Vtop& top = hardware.top;
        if (!offered && sent < samples && !chance(x_stall)) {
            offered = true;
            put(top.x_payload, x + sent * X_WORDS);
        }
        top.x_valid = offered;
        top.y_ready = received < results && !chance(y_stall);
        hardware.settle();
        const bool taken = offered && top.x_ready;
        const bool given = top.y_ready && top.y_valid;
        if (given) get(top.y_payload, y + received * Y_WORDS);
        if (taken) {
            if (sent == 0) first = hardware.clocks;
            ++sent;
            offered = false;
        }
        if (given) {
            ++received;
            if (sent) elapsed = hardware.clocks - first;
        }
        hardware.rise();
        return advanced(taken + given, limit, done());
    }
};

// Starts `new_job` in place of whatever ran before.
void start(Hardware* hardware, std::unique_ptr<Job> new_job) {
    hardware->idle();
    hardware->job = std::move(new_job);
}

}  // namespace

#define HWGEN_API extern "C" __attribute__((visibility("default")))

// Opens the design, without resetting it; `waves` is the waveform's file name, null without one. Null on failure.
HWGEN_API Hardware* hwgen_open(const char* waves) {
    try {
        return new Hardware(waves);
    } catch (const std::exception&) {
        return nullptr;
    }
}
HWGEN_API void hwgen_close(Hardware* hardware) { delete hardware; }
HWGEN_API uint64_t hwgen_clocks(const Hardware* hardware) { return hardware->clocks; }
HWGEN_API const char* hwgen_message(const Hardware* hardware) { return hardware->message.c_str(); }

#ifdef HWGEN_ATTACHED
// From now on `attached` is called after each clock in which attached_out has changed.
HWGEN_API void hwgen_attach(Hardware* hardware, uint64_t (*attached)(uint64_t)) { hardware->attached = attached; }
#endif

// The job's counters; valid from its start to `hwgen_idle`.
HWGEN_API uint64_t hwgen_progress(const Hardware* hardware) { return hardware->job->progress; }
HWGEN_API uint64_t hwgen_elapsed(const Hardware* hardware) { return hardware->job->elapsed; }

// The buffers of a job must live until `hwgen_idle`.
HWGEN_API void hwgen_start_bus(Hardware* hardware, const uint32_t* address, const uint32_t* write_data,
                               uint32_t* read_data, uint64_t count, uint64_t limit) {
    start(hardware, std::make_unique<BusJob>(address, write_data, read_data, count, limit));
}
HWGEN_API void hwgen_start_stream(Hardware* hardware, const uint32_t* x, uint64_t samples, uint32_t* y,
                                  uint64_t results, uint64_t limit, uint32_t x_stall, uint32_t y_stall, uint64_t seed) {
    start(hardware, std::make_unique<StreamJob>(x, samples, y, results, limit, x_stall, y_stall, seed));
}
// Advances the job by at most `max_clocks`: RUNNING when there is more to do.
HWGEN_API int hwgen_run(Hardware* hardware, uint64_t max_clocks) {
    try {
        return hardware->run(max_clocks);
    } catch (const std::exception& failure) {
        hardware->message = failure.what();
        return FAILED;
    }
}
// Ends the job, whether it is done or not.
HWGEN_API void hwgen_idle(Hardware* hardware) { hardware->idle(); }
// Holds the reset for a few clocks; DONE or FAILED.
HWGEN_API int hwgen_reset(Hardware* hardware) {
    try {
        hardware->reset();
        return DONE;
    } catch (const std::exception& failure) {
        hardware->message = failure.what();
        return FAILED;
    }
}
