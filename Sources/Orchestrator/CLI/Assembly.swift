import Execution
import Foundation
import KubernetesExecution
import ProcessExecution
import StateFile
import WorkflowCore
import WorkflowEngine
import WorkflowSpec

// The one place where implementations are chosen.

/// Brings a stored run back: its manifest is read again, its rows are the truth.
@Sendable func revive(_ stored: StoredRun) throws -> RunState {
  let file = WorkflowReader(for: .run, parameters: stored.parameters, isNamed: true).read(
    stored.manifest, name: stored.name)
  guard let workflow = file.workflows.first else {
    throw EngineError.unreadableRun(stored.name, file.report)
  }
  var run = RunState(
    uid: stored.uid, name: stored.name, namespace: stored.namespace, workflow: workflow, parameters: stored.parameters,
    createdAt: stored.createdAt, directory: stored.directory)
  run.restore(stored.record, nodes: stored.nodes)
  return run
}

/// An engine over this machine's processes, and over the pods of a cluster once a step wants one.
func makeEngine(
  _ state: StateFile, attemptsRoot: String, _ machine: MachineOptions, _ configuration: Configuration, _ mocks: Mocks,
  observer: any TurnObserver
) throws -> Engine {
  var settings = ProcessSettings(
    root: attemptsRoot, environment: ProcessInfo.processInfo.environment, executable: "/proc/self/exe",
    capacity: .ofThisMachine(gpus: machine.gpus))
  settings.objects = state.lookUp
  settings.images = configuration.images
  settings.variables = configuration.variables
  settings.repository = configuration.repository(for: state, attemptsRoot: attemptsRoot)
  for mount in configuration.mounts { settings.share(mount.source, at: mount.target) }
  if !settings.isPrivate {
    printError("note: without root, steps share this machine's files, and may overwrite what another one writes")
  }
  let real = routed(try ProcessExecutor(settings), attemptsRoot, machine)
  let executor: any AttemptExecutor = mocks.isEmpty ? real : MockingExecutor(real, mocks)
  return try Engine(
    state: state, executor: executor, time: SystemTime(), observer: observer, revive: revive)
}

private func routed(_ local: ProcessExecutor, _ root: String, _ machine: MachineOptions) -> RoutedExecutor {
  RoutedExecutor(
    local: local, isRemote: { KubernetesExecutor.knows($0, under: root) },
    hasRemote: { KubernetesExecutor.knows(run: $0, under: root) },
    remote: { () throws(ExecutionError) in
      let client = KubernetesClient(try machine.cluster())
      return try KubernetesExecutor(client, KubernetesSettings(root: root, executable: "/proc/self/exe"))
    })
}

extension MachineOptions {
  /// The cluster that pods run in.
  func cluster() throws(ExecutionError) -> ClusterAccess {
    try ClusterAccess.find(context: context, environment: ProcessInfo.processInfo.environment)
  }
}
