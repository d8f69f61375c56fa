import Testing
import WorkflowSpec

/// Compares the whole report about a file called `w.yaml`, byte for byte.
func expect(
  _ text: String, for purpose: WorkflowReader.Purpose = .lint, gives report: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let file = WorkflowReader(for: purpose).read(text + "\n", name: "w.yaml")
  #expect(file.report == report + "\n", sourceLocation: sourceLocation)
}

/// The same for a workflow of which only the spec is given; it begins on line 5, two columns in.
func expect(
  spec: String, for purpose: WorkflowReader.Purpose = .lint, gives report: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let header = """
    apiVersion: argoproj.io/v1alpha1
    kind: Workflow
    metadata: {generateName: a-}
    spec:

    """
  let indented = spec.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "  \($0)" }
  expect(header + indented.joined(separator: "\n"), for: purpose, gives: report, sourceLocation: sourceLocation)
}

/// The diagnostics of a file called `w.yaml`.
func diagnostics(of bytes: some Sequence<UInt8>, limits: ReadingLimits = ReadingLimits()) -> [Diagnostic] {
  var reader = WorkflowReader()
  reader.limits = limits
  return reader.read(Array(bytes), name: "w.yaml").diagnostics
}

/// A workflow that has one template and what is given besides.
func workflow(_ spec: String = "", template: String = "container: {image: busybox}") -> String {
  """
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: a}
  spec: {entrypoint: main, \(spec.isEmpty ? "" : spec + ", ")templates: [{name: main, \(template)}]}

  """
}
