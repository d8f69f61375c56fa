import Execution
import Foundation
import WorkflowCore

/// The program that stands before a step's command, and the ConfigMap that brings it into pods: no image has to be built
/// or pulled for it.
struct PodHelper: Sendable {
  let configMap: String
  private let program: Data

  init(path: String) throws(ExecutionError) {
    guard let program = FileManager.default.contents(atPath: path) else {
      throw .refused("the pod helper is missing: \(path) (build the product \(PodBuilder.program))")
    }
    self.program = program
    configMap = "orchestrate-pod-helper-" + shortDigest(program)
  }

  /// Puts the helper into a namespace, once for each version of it.
  func install(_ client: KubernetesClient, in namespace: String) async throws(KubernetesError) {
    do throws(KubernetesError) {
      _ = try await client.get(.configMaps, configMap, in: namespace)
      return
    } catch {
      guard case .notFound = error else { throw error }
    }
    let object = Value.record([
      "apiVersion": "v1", "kind": "ConfigMap", "immutable": true,
      "metadata": .record([
        "name": .string(configMap), "labels": .record([PodMarks.managedBy: .string(PodMarks.manager)]),
      ]),
      "binaryData": .record([PodBuilder.program: .string(program.base64EncodedString())]),
    ])
    do throws(KubernetesError) {
      _ = try await client.create(.configMaps, object, in: namespace)
    } catch {
      guard case .alreadyExists = error else { throw error }
    }
  }
}
