import Execution
import Foundation
import WorkflowCore

/// What stands for a run in the cluster: a ConfigMap that owns what `setOwnerReference` says, and takes it along when it is
/// deleted.
struct RunOwner: Sendable {
  /// In the run's folder: the namespace in which the run has an owner.
  static let fileName = "owner"

  let run: String
  let workflow: String
  let namespace: String

  private static func name(_ run: String) -> String { "orchestrate-run-\(run)" }

  /// The reference to it; it is made first where it is not there yet.
  func reference(_ client: KubernetesClient) async throws(KubernetesError) -> Value {
    let labels = Value.record([PodMarks.managedBy: .string(PodMarks.manager), PodMarks.run: .string(run)])
    let object = Value.record([
      "apiVersion": "v1", "kind": "ConfigMap",
      "metadata": .record(["name": .string(Self.name(run)), "labels": labels]),
      "data": .record(["workflow": .string(workflow)]),
    ])
    var owner: Value
    do throws(KubernetesError) {
      owner = try await client.create(.configMaps, object, in: namespace)
    } catch {
      guard case .alreadyExists = error else { throw error }
      owner = try await client.get(.configMaps, Self.name(run), in: namespace)
    }
    return .record([
      "apiVersion": "v1", "kind": "ConfigMap", "name": .string(Self.name(run)), "uid": owner[["metadata", "uid"]],
    ])
  }

  /// Deletes it, and with it what it owns. What is gone already is done.
  static func remove(of run: String, in namespace: String, _ client: KubernetesClient) async throws(KubernetesError) {
    do throws(KubernetesError) {
      try await client.delete(.configMaps, name(run), in: namespace)
    } catch {
      guard case .notFound = error else { throw error }
    }
  }
}
