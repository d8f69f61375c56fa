import ArtifactStorage
import Foundation
import StateFile
import WorkflowCore
import WorkflowSpec

// Objects that are kept for runs to refer to: what files give, and what runs find.

/// The folder names that kinds have no namespace in.
private let clusterScopedKinds = ["ClusterWorkflowTemplate"]

extension StateFile {
  var secrets: SecretFolder { SecretFolder(besideStateFile: path) }

  /// What the workflows of a namespace may refer to when they are read: templates, and ConfigMaps for parameters.
  func library(namespace: String) throws(StateError) -> [Value] {
    try objects().filter { object in
      ["WorkflowTemplate", "ClusterWorkflowTemplate", "ConfigMap"].contains(object.kind)
        && (object.namespace == namespace || object.namespace.isEmpty)
    }.map(\.manifest)
  }

  /// What steps find while they run.
  var lookUp: ObjectLookUp {
    ObjectLookUp(
      configMap: { [self] namespace, name in
        (try? object(kind: "ConfigMap", namespace: namespace, name: name)).flatMap { $0 }?.entries
      },
      secret: { [secrets] namespace, name in secrets.entries(namespace: namespace, name: name) },
      hasClaim: { [self] namespace, name in
        ((try? object(kind: "PersistentVolumeClaim", namespace: namespace, name: name)) ?? nil) != nil
      })
  }

  /// Keeps an object of a file.
  func keep(_ object: SpecObject, namespace: String?, at now: Timestamp) throws -> ObjectChange {
    let name = object.metadata.name ?? ""
    let place = clusterScopedKinds.contains(object.kind) ? "" : object.metadata.namespace ?? namespace ?? "default"
    if object.kind == "Secret" { return try secrets.keep(object.manifest, namespace: place, name: name) }
    return try keep(
      StoredObject(
        kind: object.kind, namespace: place, name: name, manifest: object.manifest, createdAt: now, updatedAt: now))
  }
}

extension StoredObject {
  /// The entries of a ConfigMap.
  fileprivate var entries: [String: Data] {
    var entries: [String: Data] = [:]
    for (key, value) in manifest["data"]?.objectValue ?? [:] { entries[key] = Data(value.tagText.utf8) }
    for (key, value) in manifest["binaryData"]?.objectValue ?? [:] {
      entries[key] = value.stringValue.flatMap { Data(base64Encoded: $0, options: .ignoreUnknownCharacters) }
    }
    return entries
  }
}

extension StoredObject {
  /// A workflow that runs what this object defines.
  var workflow: WorkflowCore.Value {
    let isCron = kind == "CronWorkflow"
    let labels = [
      "CronWorkflow": "workflows.argoproj.io/cron-workflow",
      "WorkflowTemplate": "workflows.argoproj.io/workflow-template",
    ]
    let extra = manifest["spec"]?["workflowMetadata"]
    var all = extra?["labels"]?.objectValue ?? [:]
    all[labels[kind] ?? "workflows.argoproj.io/cluster-workflow-template"] = .string(name)
    let reference = WorkflowCore.Value.record([
      "name": .string(name), "clusterScope": kind == "ClusterWorkflowTemplate" ? true : nil,
    ])
    return .record([
      "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
      "metadata": .record([
        "generateName": .string(name + "-"), "labels": .object(all), "annotations": extra?["annotations"],
      ]),
      "spec": isCron ? manifest["spec"]?["workflowSpec"] : .record(["workflowTemplateRef": reference]),
    ])
  }
}
