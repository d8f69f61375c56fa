import ArgumentParser
import Foundation
import StateFile
import WorkflowCore
import WorkflowEngine

/// Carries runs on: as the engine where nobody else is, by following the one that is where somebody is.
struct Carrier {
  let stateFile: StateFile
  private let options: StateOptions
  private let machine: MachineOptions
  private let configuration: Configuration
  private let mocks: Mocks

  /// - Parameter mocks: what stands in for steps, where this process is the engine.
  init(
    _ stateFile: StateFile, _ options: StateOptions, _ machine: MachineOptions, mocks: Mocks? = nil
  ) throws {
    self.mocks = try mocks ?? Mocks([])
    self.stateFile = stateFile
    self.options = options
    self.machine = machine
    configuration = try Configuration.read(machine.config, besideStateFile: stateFile.path)
  }

  /// Sees a run to its end, or leaves that to the background, and prints it.
  /// - Throws: exit code 1 when the run did not succeed.
  func finish(_ run: RunState, detaching: Bool, _ output: OutputFormat) async throws {
    if detaching {
      try startEngine()
      return output == .text ? print("\(run.name) submitted") : output.print(run)
    }
    try await carry(run)
    let finished = try options.run(named: run.uid, in: stateFile)
    output.print(finished)
    if finished.phase != .succeeded {
      printFailures(of: finished, attemptsRoot: options.attemptsRoot)
      throw ExitStatus.workflowFailed
    }
  }

  private func carry(_ run: RunState) async throws {
    let display = makeDisplay(of: run.uid)
    defer { display.close() }
    try await reportingFailures {
      if let lock = try EngineLock.tryAcquire(stateFile.lockPath) {
        return try await drive(lock, .settled(uid: run.uid), display, run)
      }
      let follower = try Follower(run, stateFile, display)
      switch try await follower.follow(takingOver: true) {
      case .settled: break
      case .acquired(let lock): try await drive(lock, .settled(uid: run.uid), display, run)
      case .left: throw leaving(run)
      }
    }
  }

  /// Drives every run, once whoever does so now has left.
  func drive(until goal: EngineGoal) async throws {
    let display = makeDisplay(of: nil)
    defer { display.close() }
    try await reportingFailures { try await drive(try await lock(), goal, display, nil) }
  }

  private func lock() async throws -> EngineLock {
    if let lock = try EngineLock.tryAcquire(stateFile.lockPath) { return lock }
    let owner = EngineLock.owner(stateFile.lockPath) ?? "?"
    printError("waiting: process \(owner) is driving \(stateFile.path)")
    return try await EngineLock.acquire(stateFile.lockPath)
  }

  private func drive(_ lock: EngineLock, _ goal: EngineGoal, _ display: any RunDisplay, _ run: RunState?) async throws {
    defer { withExtendedLifetime(lock) {} }
    let engine = try engine(display)
    onInterrupt { engine.leave() }
    guard try await engine.run(until: goal) else { throw leaving(run) }
  }

  private func engine(_ display: any RunDisplay) throws -> Engine {
    try makeEngine(
      stateFile, attemptsRoot: options.attemptsRoot, machine, configuration, mocks, observer: display)
  }

  private func leaving(_ run: RunState?) -> ExitCode {
    let what = run.map { "'\($0.name)'" } ?? "the runs"
    printError("left \(what): running steps go on; 'orchestrate engine --until-idle' carries on from here")
    return ExitStatus.interrupted
  }

  private func reportingFailures(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch let code as ExitCode {
      throw code
    } catch {
      throw fail(
        "\(error)", hint: "running steps go on; 'orchestrate engine --until-idle' carries on from the state file",
        ExitStatus.tryAgain)
    }
  }
}

// MARK: Requests

extension Carrier {
  /// What the one who asks waits for.
  enum Patience {
    /// The answer.
    case answer
    /// The run's end, where nobody else sees to it.
    case end
  }

  /// Asks something of a run: of the engine that is running, else of one that stays just long enough.
  /// - Throws: exit code 65, with the reason printed, when it is refused.
  func ask(_ request: RunRequest, of run: RunState, _ patience: Patience) async throws {
    try await reportingFailures {
      let sequence = try stateFile.add(request, to: run.uid, at: SystemTime().now)
      if let lock = try EngineLock.tryAcquire(stateFile.lockPath) {
        try await carryOut(lock, run, patience)
      } else if let lock = try await answered(sequence, run) {
        try await carryOut(lock, run, patience)
      }
      if case .refused(let reason) = try stateFile.answer(to: sequence) {
        throw fail("'\(run.name)': \(reason)", ExitStatus.wrongWorkflow)
      }
    }
  }

  /// Waits until a run that an engine was asked to end has ended.
  func settle(_ run: RunState) async throws {
    try await reportingFailures {
      guard case .settled = try await Follower(run, stateFile, nil).follow(takingOver: false) else {
        throw leaving(run)
      }
    }
  }

  private func carryOut(_ lock: EngineLock, _ run: RunState, _ patience: Patience) async throws {
    let display = makeDisplay(of: run.uid)
    defer { display.close() }
    switch patience {
    case .answer:
      defer { withExtendedLifetime(lock) {} }
      try await engine(display).answerRequests()
    case .end: try await drive(lock, .settledAlone(uid: run.uid), display, run)
    }
  }

  /// Waits for the running engine's answer; returns the engine's lock when it left before.
  private func answered(_ sequence: Int64, _ run: RunState) async throws -> EngineLock? {
    let follower = try Follower(run, stateFile, nil)
    switch try await follower.follow(takingOver: true, until: { try stateFile.answer(to: sequence) != .open }) {
    case .settled: return nil
    case .acquired(let lock): return lock
    case .left: throw leaving(run)
    }
  }
}

// MARK: The background

/// POSIX_SPAWN_SETSID, which Glibc's module does not show.
private let ownSession: Int16 = 0x80

extension Carrier {
  /// Starts `orchestrate engine --until-idle` in a session of its own; what it says goes to `engine.log` beside the state file.
  func startEngine() throws {
    let log = URL(fileURLWithPath: stateFile.path).deletingLastPathComponent().path + "/engine.log"
    var arguments = ["orchestrate", "engine", "--until-idle", "--state", stateFile.path]
    if let gpus = machine.gpus { arguments += ["--gpus", String(gpus)] }
    if let context = machine.context { arguments += ["--context", context] }
    if let path = configuration.path { arguments += ["--config", path] }
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    var files = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&files)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&files)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, log, O_CREAT | O_WRONLY | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&files, 1, 2)
    posix_spawnattr_setflags(&attributes, ownSession)
    var pid: pid_t = 0
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    let result = posix_spawn(&pid, program, &files, &attributes, &pointers, environ)
    guard result == 0 else {
      throw fail("cannot start \(program): \(String(cString: strerror(result)))", ExitStatus.tryAgain)
    }
  }
}
