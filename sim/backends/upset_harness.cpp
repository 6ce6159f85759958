// harness.cpp with upsets: inverts one bit of the design's state in a chosen clock of a stream.
//
// The Verilog must be marked public, so that Verilator keeps every register under its name and looks at it anew in each
// clock.

#include "harness.cpp"

#include "verilated_sym_props.h"

namespace {

// A stream in which the bits of `mask` in `*byte` are inverted right after the rising edge that begins clock `at`.
struct UpsetJob final : Job {
    StreamJob stream;
    uint8_t* byte;
    uint8_t mask;
    uint64_t at;
    uint64_t* times;  // of each y transfer: the clock, counted from the start of the job
    uint64_t clock = 0;

    UpsetJob(const StreamJob& stream, uint8_t* byte, uint8_t mask, uint64_t at, uint64_t* times)
        : stream(stream), byte(byte), mask(mask), at(at), times(times) {}

    Status step(Hardware& hardware) override {
        if (clock == at) *byte ^= mask;
        const uint64_t before = stream.received;
        const Status status = stream.step(hardware);
        if (stream.received > before) times[before] = clock;
        ++clock;
        progress = stream.received;
        elapsed = stream.elapsed;
        return status;
    }
};

}  // namespace

// The place of register `name` in scope `scope`, such as "TOP.design.engine", and in `size` the bytes of one of its
// words; null if there is none.
HWGEN_API void* hwgen_find(Hardware* hardware, const char* scope, const char* name, uint64_t* size) {
    const VerilatedScope* found = hardware->top.contextp()->scopeFind(scope);
    const VerilatedVar* variable = found ? found->varFind(name) : nullptr;
    if (!variable) return nullptr;
    *size = variable->entSize();
    return variable->datap();
}

// As `hwgen_start_stream` without stalls; `times` has room for all results, and progress counts these alone.
HWGEN_API void hwgen_start_upset(Hardware* hardware, const uint32_t* x, uint64_t samples, uint32_t* y, uint64_t results,
                                 uint64_t limit, void* byte, uint32_t mask, uint64_t at, uint64_t* times) {
    start(hardware, std::make_unique<UpsetJob>(StreamJob(x, samples, y, results, limit, 0, 0, 0),
                                               static_cast<uint8_t*>(byte), static_cast<uint8_t>(mask), at, times));
}
