import Testing
import WorkflowSpec

@Suite("Templates")
struct TemplateDiagnosticTests {
  @Test("A template is of exactly one kind")
  func kinds() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            container: {image: busybox}
            script: {image: busybox, source: echo}
          - name: nothing
            inputs: {parameters: [{name: x}]}
          - name: image
            container: {command: [echo]}
          - name: tasks
            dag: {tasks: []}
        """,
      gives: """
        w.yaml:9:7: error: template 'main' is of several kinds: 'container' and 'script'
              script: {image: busybox, source: echo}
              ^
        hint: keep one of them
        w.yaml:10:7: error: template 'nothing' does nothing
            - name: nothing
              ^
        hint: give it one of: container, script, steps, dag, suspend, resource, http, data, containerSet, plugin
        w.yaml:13:7: error: the container of template 'image' has no 'image'
              container: {command: [echo]}
              ^
        w.yaml:15:7: error: the dag of template 'tasks' has no tasks
              dag: {tasks: []}
              ^
        """)
  }

  @Test("Fields that a kind of template does not heed are refused")
  func misplacedFields() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            activeDeadlineSeconds: 60
            steps:
              - - {name: a, template: leaf}
          - name: leaf
            parallelism: 2
            container: {image: busybox}
        """,
      gives: """
        w.yaml:8:7: error: 'activeDeadlineSeconds' has no meaning in a steps template
              activeDeadlineSeconds: 60
              ^
        hint: set it in the templates that it calls
        w.yaml:12:7: error: 'parallelism' has no meaning in a container template
              parallelism: 2
              ^
        hint: set it in the steps or dag template that calls it, or in the spec
        """)
  }

  @Test("An output parameter has one source that its template can give")
  func outputs() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            outputs:
              parameters:
                - {name: none}
                - {name: both, value: "1", valueFrom: {path: /tmp/both}}
                - {name: two, valueFrom: {path: /tmp/two, parameter: "{{steps.a.outputs.result}}"}}
                - {name: wrong, valueFrom: {parameter: "{{workflow.name}}"}}
            container: {image: busybox}
        """,
      gives: """
        w.yaml:10:13: error: the output parameter 'none' has no source
                  - {name: none}
                    ^
        hint: give it valueFrom: {path: ...}
        w.yaml:11:13: error: the output parameter 'both' has both 'value' and 'valueFrom'
                  - {name: both, value: "1", valueFrom: {path: /tmp/both}}
                    ^
        w.yaml:12:36: error: the output parameter 'two' has several sources: path, parameter
                  - {name: two, valueFrom: {path: /tmp/two, parameter: "{{steps.a.outputs.result}}"}}
                                           ^
        hint: give it one: path
        w.yaml:12:65: error: 'steps.a' is only known inside the steps template
                  - {name: two, valueFrom: {path: /tmp/two, parameter: "{{steps.a.outputs.result}}"}}
                                                                        ^
        hint: pass it on: give this template an input parameter
        w.yaml:13:38: error: an output of a container template cannot come from 'parameter'
                  - {name: wrong, valueFrom: {parameter: "{{workflow.name}}"}}
                                             ^
        hint: use path
        """)
  }
}
