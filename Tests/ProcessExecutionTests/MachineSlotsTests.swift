import Execution
import OrderedCollections
import Testing
import WorkflowCore

@testable import ProcessExecution

/// The machine's cores, memory and GPUs, shared out.
struct MachineSlotsTests {
  private let machine = MachineCapacity(cpu: 2000, memory: 1000, gpus: 2)

  private func claim(_ requests: OrderedDictionary<String, Int64>, _ machine: MachineCapacity? = nil) throws
    -> MachineSlots.Claim
  {
    try MachineSlots(machine ?? self.machine).claim(for: .shell("true", requests: requests))
  }

  @Test("a step that asks for nothing takes a tenth of a core")
  func defaultClaim() throws {
    #expect(try claim([:]) == MachineSlots.Claim(cpu: 100, memory: 0, gpus: 0))
  }

  @Test("cores and memory beyond the machine's are cut to all it has; no step asks for no core at all")
  func capped() throws {
    #expect(try claim(["cpu": 64_000, "memory": 1 << 40]) == MachineSlots.Claim(cpu: 2000, memory: 1000, gpus: 0))
    #expect(try claim(["cpu": 0]) == MachineSlots.Claim(cpu: 1, memory: 0, gpus: 0))
  }

  @Test("GPUs beyond the machine's, and parts of one, are refused with what to do about it")
  func refusedGPUs() {
    let tooMany = #expect(throws: ExecutionError.self) { try claim(["nvidia.com/gpu": 3000]) }
    #expect(
      tooMany?.message == """
        the step asks for 3 nvidia.com/gpu and this machine has 2: set the request to 0, or say how many there are with --gpus
        """)
    let part = #expect(throws: ExecutionError.self) { try claim(["nvidia.com/gpu": 500]) }
    #expect(part?.message == "nvidia.com/gpu must be a whole number, and is 500 thousandths")
  }

  @Test("whoever must wait is told what for")
  func reasons() throws {
    var slots = MachineSlots(machine)
    let all = MachineSlots.Claim(cpu: 2000, memory: 1000, gpus: 2)
    #expect(slots.reason(for: all) == "waits for its turn on this machine")
    slots.wait(attemptID(0), MachineSlots.Claim(cpu: 1, memory: 1, gpus: 1))
    _ = slots.admit()
    #expect(slots.reason(for: all) == "waits for nvidia.com/gpu and cpu and memory on this machine")
    #expect(slots.reason(for: MachineSlots.Claim(cpu: 2000, memory: 0, gpus: 0)) == "waits for cpu on this machine")
  }

  @Test("what a waiting step lacks is kept for it, however many small ones come after")
  func noOvertaking() {
    var slots = MachineSlots(machine)
    slots.wait(attemptID(0), MachineSlots.Claim(cpu: 1500, memory: 0, gpus: 0))
    slots.wait(attemptID(1), MachineSlots.Claim(cpu: 1000, memory: 0, gpus: 0))
    for number in 2..<20 { slots.wait(attemptID(number), MachineSlots.Claim(cpu: 100, memory: 0, gpus: 0)) }
    #expect(slots.admit() == [attemptID(0)])
    slots.free(attemptID(0))
    #expect(slots.admit().first == attemptID(1))
  }

  @Test("a step that was given up while it waited holds nobody up")
  func abandonedWaiting() {
    var slots = MachineSlots(machine)
    slots.wait(attemptID(0), MachineSlots.Claim(cpu: 1000, memory: 0, gpus: 0))
    slots.wait(attemptID(1), MachineSlots.Claim(cpu: 2000, memory: 0, gpus: 0))
    slots.wait(attemptID(2), MachineSlots.Claim(cpu: 1000, memory: 0, gpus: 0))
    #expect(slots.admit() == [attemptID(0)])
    slots.free(attemptID(1))
    #expect(slots.admit() == [attemptID(2)])
  }

  @Test("a step that runs already keeps its GPUs to itself")
  func adoptedDevices() {
    var slots = MachineSlots(machine)
    slots.adopt(attemptID(0), MachineSlots.Claim(cpu: 100, memory: 0, gpus: 1), devices: [0])
    slots.wait(attemptID(1), MachineSlots.Claim(cpu: 100, memory: 0, gpus: 1))
    #expect(slots.admit() == [attemptID(1)])
    #expect(slots.held[attemptID(1)]?.devices == [1])
  }

  @Test("a step that could not be started waits again and holds nothing")
  func postponed() {
    var slots = MachineSlots(machine)
    slots.wait(attemptID(0), MachineSlots.Claim(cpu: 2000, memory: 0, gpus: 2))
    #expect(slots.admit() == [attemptID(0)])
    slots.postpone(attemptID(0))
    #expect(slots.held.isEmpty)
    #expect(slots.admit() == [attemptID(0)])
  }

  @Test(
    "with random claims, nothing is given out twice, nobody passes whom it could delay, and everybody gets a turn",
    arguments: 0..<50)
  func property(seed: UInt64) {
    var random = SplitMix(seed)
    var model = SlotsModel(MachineSlots(machine))
    var arrived = 0
    while arrived < 60 || !model.isIdle {
      if arrived < 60, Bool.random(using: &random) {
        model.slots.wait(attemptID(arrived), SlotsModel.claim(within: machine, &random))
        arrived += 1
      } else if let ended = model.slots.held.keys.randomElement(using: &random) {
        model.slots.free(ended)
      }
      model.admit()
    }
    #expect(model.admitted.count == arrived)
  }
}

/// Checks the rules of sharing from outside, after every step.
private struct SlotsModel {
  var slots: MachineSlots
  private(set) var admitted: Set<AttemptID> = []

  init(_ slots: MachineSlots) { self.slots = slots }

  var isIdle: Bool { slots.held.isEmpty && slots.waiting.isEmpty }

  static func claim(within machine: MachineCapacity, _ random: inout SplitMix) -> MachineSlots.Claim {
    MachineSlots.Claim(
      cpu: Int64.random(in: 1...machine.cpu, using: &random),
      memory: Int64.random(in: 0...machine.memory, using: &random),
      gpus: Int.random(in: 0...machine.gpus, using: &random))
  }

  mutating func admit() {
    let (held, waiting) = (Array(slots.held.values), slots.waiting)
    let started = slots.admit()
    #expect(admitted.isDisjoint(with: started))
    admitted.formUnion(started)
    #expect(started.allSatisfy { slots.waiting[$0] == nil && slots.held[$0] != nil })
    checkCapacity()
    for attempt in started { checkTurn(of: attempt, held, waiting) }
    if let first = slots.waiting.values.first {
      #expect(!fits(Array(slots.held.values) + [first]), "the first who waits does not wait for nothing")
    }
  }

  private func checkCapacity() {
    let held = Array(slots.held.values)
    #expect(fits(held))
    let devices = held.flatMap(\.devices)
    #expect(Set(devices).count == devices.count && devices.allSatisfy { 0..<slots.capacity.gpus ~= $0 })
    #expect(held.allSatisfy { $0.devices.count == $0.gpus })
  }

  /// Whoever starts leaves to all who came before, started or not, what they asked for of the same things.
  private func checkTurn(
    of attempt: AttemptID, _ held: [MachineSlots.Claim], _ waiting: OrderedDictionary<AttemptID, MachineSlots.Claim>
  ) {
    guard let place = waiting.index(forKey: attempt) else { return }
    let claim = waiting.values[place]
    let earlier = (held + waiting.values[..<place]).map { other in
      MachineSlots.Claim(
        cpu: other.cpu, memory: claim.memory > 0 ? other.memory : 0, gpus: claim.gpus > 0 ? other.gpus : 0)
    }
    #expect(fits(earlier + [claim]), "\(attempt.nodeID) overtook somebody")
  }

  private func fits(_ claims: [MachineSlots.Claim]) -> Bool {
    claims.reduce(0) { $0 + $1.cpu } <= slots.capacity.cpu
      && claims.reduce(0) { $0 + $1.memory } <= slots.capacity.memory
      && claims.reduce(0) { $0 + $1.gpus } <= slots.capacity.gpus
  }
}

func attemptID(_ number: Int) -> AttemptID { AttemptID(run: "run", node: NodeIndex(number), nodeID: "node-\(number)") }

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
