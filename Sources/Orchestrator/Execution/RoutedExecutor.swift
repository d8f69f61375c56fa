import WorkflowCore

/// Gives each launch to the executor that it names, so that one run mixes processes and pods.
///
/// The remote executor is made when it is first needed: a run of processes needs no cluster. What is asked of an attempt
/// without its launch goes to both; the one that does not know it leaves it alone.
public actor RoutedExecutor: AttemptExecutor {
  public nonisolated let observations: AsyncStream<Observation>
  private let continuation: AsyncStream<Observation>.Continuation
  private let local: any AttemptExecutor
  private let makeRemote: @Sendable () throws(ExecutionError) -> any AttemptExecutor
  /// Whether a remote executor may know an attempt, told from what it left on disk.
  private let isRemote: @Sendable (AttemptID) -> Bool
  private let hasRemote: @Sendable (_ run: String) -> Bool
  private var made: (any AttemptExecutor)?
  private var listeners: [Task<Void, Never>]

  public init(
    local: any AttemptExecutor, isRemote: @escaping @Sendable (AttemptID) -> Bool,
    hasRemote: @escaping @Sendable (_ run: String) -> Bool,
    remote makeRemote: @escaping @Sendable () throws(ExecutionError) -> any AttemptExecutor
  ) {
    (observations, continuation) = AsyncStream.makeStream()
    self.local = local
    self.isRemote = isRemote
    self.hasRemote = hasRemote
    self.makeRemote = makeRemote
    listeners = [Self.forward(local.observations, to: continuation)]
  }

  deinit { listeners.forEach { $0.cancel() } }

  private static func forward(
    _ news: AsyncStream<Observation>, to continuation: AsyncStream<Observation>.Continuation
  ) -> Task<Void, Never> {
    Task { for await observation in news { continuation.yield(observation) } }
  }

  private func remote() throws(ExecutionError) -> any AttemptExecutor {
    if let made { return made }
    let remote = try makeRemote()
    made = remote
    listeners.append(Self.forward(remote.observations, to: continuation))
    return remote
  }

  private func executor(of attempt: AttemptID) throws(ExecutionError) -> any AttemptExecutor {
    isRemote(attempt) ? try remote() : local
  }

  public func ensureLaunched(_ launch: Launch) async throws(ExecutionError) {
    switch launch.executor {
    case .process: try await local.ensureLaunched(launch)
    case .kubernetes: try await remote().ensureLaunched(launch)
    }
  }

  public func inspect(_ attempt: AttemptID) async throws(ExecutionError) -> AttemptStatus {
    try await executor(of: attempt).inspect(attempt)
  }

  public func terminate(_ attempt: AttemptID) async throws(ExecutionError) {
    try await executor(of: attempt).terminate(attempt)
  }

  public func release(_ attempt: AttemptID) async throws(ExecutionError) {
    try await executor(of: attempt).release(attempt)
  }

  /// The local executor moves the folder, which is the same for both.
  public func setAside(_ attempt: AttemptID) async throws(ExecutionError) {
    if isRemote(attempt) { try await remote().setAside(attempt) }
    try await local.setAside(attempt)
  }

  public func removeAll(ofRun uid: String) async throws(ExecutionError) {
    if hasRemote(uid) { try await remote().removeAll(ofRun: uid) }
    try await local.removeAll(ofRun: uid)
  }

  public func settle() async {
    await local.settle()
    await made?.settle()
  }
}
