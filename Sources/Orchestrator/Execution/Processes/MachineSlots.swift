import Execution
import OrderedCollections
import WorkflowCore

/// Shares the machine's cores, memory and GPUs out among attempts, in the order they came.
///
/// An attempt that must wait keeps what it needs from being given to later ones, so nobody waits for ever; later ones that
/// need none of it pass.
struct MachineSlots: Sendable {
  /// What one attempt holds, or waits for.
  struct Claim: Hashable, Sendable {
    var cpu: Int64
    var memory: Int64
    var gpus: Int
    /// Numbers of the GPUs it was given.
    var devices: [Int] = []
  }

  /// A step that asks for nothing still counts as a tenth of a core (Argo's default request).
  static let defaultCPU: Int64 = 100

  let capacity: MachineCapacity
  private(set) var held: OrderedDictionary<AttemptID, Claim> = [:]
  private(set) var waiting: OrderedDictionary<AttemptID, Claim> = [:]

  init(_ capacity: MachineCapacity) { self.capacity = capacity }

  /// Works out what a launch needs here, of the cores at least something. Cores and memory beyond the machine's are cut to all it has; GPUs cannot be.
  func claim(for launch: Launch) throws(ExecutionError) -> Claim {
    let gpus = launch.requests["nvidia.com/gpu"] ?? 0
    guard gpus % 1000 == 0 else {
      throw .refused("nvidia.com/gpu must be a whole number, and is \(gpus) thousandths")
    }
    guard gpus / 1000 <= capacity.gpus else {
      throw .refused(
        "the step asks for \(gpus / 1000) nvidia.com/gpu and this machine has \(capacity.gpus): set the request to 0, "
          + "or say how many there are with --gpus")
    }
    return Claim(
      cpu: max(1, min(launch.requests["cpu"] ?? Self.defaultCPU, capacity.cpu)),
      memory: min(launch.requests["memory"] ?? 0, capacity.memory), gpus: Int(gpus / 1000))
  }

  mutating func wait(_ attempt: AttemptID, _ claim: Claim) { waiting[attempt] = claim }

  /// Counts an attempt that runs already, whether or not there is room, with the GPUs that it was given.
  mutating func adopt(_ attempt: AttemptID, _ claim: Claim, devices: [Int]) {
    held[attempt] = Claim(cpu: claim.cpu, memory: claim.memory, gpus: claim.gpus, devices: devices)
  }

  /// Takes back what an attempt was given and could not use yet; it waits again, behind the others.
  mutating func postpone(_ attempt: AttemptID) { waiting[attempt] = held.removeValue(forKey: attempt) }

  mutating func free(_ attempt: AttemptID) {
    held[attempt] = nil
    waiting[attempt] = nil
  }

  /// Gives out what is free; returns the attempts that may start now.
  mutating func admit() -> [AttemptID] {
    var (cpu, memory) = (capacity.cpu - sum(\.cpu), capacity.memory - sum(\.memory))
    var devices = freeDevices
    var admitted: [AttemptID] = []
    for (attempt, claim) in waiting {
      guard cpu > 0 else { break }  // everyone needs some of the cores
      let fits = claim.cpu <= cpu && claim.memory <= memory && claim.gpus <= devices.count
      let taken = Array(devices.prefix(claim.gpus))
      if fits {
        held[attempt] = Claim(cpu: claim.cpu, memory: claim.memory, gpus: claim.gpus, devices: taken)
        admitted.append(attempt)
      }
      // Whoever does not fit keeps its place: nobody behind it gets what it waits for.
      cpu -= claim.cpu
      memory -= claim.memory
      devices.removeFirst(taken.count)
    }
    for attempt in admitted { waiting[attempt] = nil }
    return admitted
  }

  /// What a waiting attempt lacks, for people.
  func reason(for claim: Claim) -> String {
    var lacks: [String] = []
    if claim.gpus > freeDevices.count { lacks.append("nvidia.com/gpu") }
    if claim.cpu > capacity.cpu - sum(\.cpu) { lacks.append("cpu") }
    if claim.memory > capacity.memory - sum(\.memory) { lacks.append("memory") }
    return "waits for \(lacks.isEmpty ? "its turn" : lacks.joined(separator: " and ")) on this machine"
  }

  private func sum(_ part: KeyPath<Claim, Int64> & Sendable) -> Int64 {
    held.values.reduce(0) { $0 + $1[keyPath: part] }
  }

  private var freeDevices: [Int] {
    let taken = held.values.flatMap(\.devices)
    return (0..<capacity.gpus).filter { !taken.contains($0) }
  }
}
