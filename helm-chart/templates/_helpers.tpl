{{/* Names, labels and the two configuration files. */}}

{{- define "lb.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* 52 characters at most, so that the suffixes -admin and -be and a pod's hash fit into a DNS label. */}}
{{- define "lb.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "lb.be.fullname" -}}
{{ include "lb.fullname" . }}-be
{{- end }}

{{/* What selects pods; it may never change during an installation's life. Call with (list $ "component"). */}}
{{- define "lb.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "lb.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "lb.labels" -}}
{{- $root := index . 0 -}}
{{ include "lb.selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: {{ include "lb.name" $root }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "lb.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "lb.fullname" .) .Values.serviceAccount.name }}
{{- else }}{{ default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Call with (list $ .Values.image). */}}
{{- define "lb.image" -}}
{{- $root := index . 0 }}{{- $image := index . 1 -}}
{{ $image.repository }}:{{ $image.tag | default $root.Chart.AppVersion }}
{{- end }}

{{- define "lb.replicated" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicaCount) 1) }}true{{ end }}
{{- end }}

{{/* A pod that is killed before its drain has ended drops requests: refuse to render that. */}}
{{- define "lb.gracePeriod" -}}
{{- $drain := add (int .Values.drain.delaySeconds) (int .Values.drain.timeoutSeconds) -}}
{{- $grace := .Values.terminationGracePeriodSeconds -}}
{{- if kindIs "invalid" $grace }}{{ add $drain 10 }}
{{- else if le (int $grace) (int $drain) }}
{{- fail (printf "terminationGracePeriodSeconds (%d) must be more than the drain takes (%d)" (int $grace) (int $drain)) }}
{{- else }}{{ int $grace }}
{{- end }}
{{- end }}

{{/* lb's configuration: the values' `config`, with what the chart itself decides. */}}
{{- define "lb.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $services := $config.services | default list -}}
{{- if .Values.be.enabled }}{{ $services = append $services (include "lb.be.service" . | fromYaml) }}{{ end }}
{{- if not $services }}{{ fail "config.services is empty: give lb a service, or try the demo with --set be.enabled=true" }}{{ end }}
{{- $drain := dict "delay" (printf "%ds" (int .Values.drain.delaySeconds)) "timeout" (printf "%ds" (int .Values.drain.timeoutSeconds)) }}
{{- $_ := set $config "services" $services }}
{{- $_ := set $config "drain" $drain }}
{{- $_ := set $config "listen" (dict "address" "" "port" (int .Values.listen.port)) }}
{{- $_ := set $config "admin" (dict "address" "" "port" (int .Values.admin.port) "allow" .Values.admin.allow) }}
{{- toYaml (dict "proxy" $config) }}
{{- end }}

{{/* The demo backends. Their host name is the Service to lb, and to be, whose pod has it as hostname, its own address. */}}
{{- define "lb.be.service" -}}
{{- $hosts := list }}
{{- range .Values.be.ports }}
{{- $hosts = append $hosts (dict "address" (include "lb.be.fullname" $) "port" (int .)) }}
{{- end }}
{{- toYaml (dict "name" .Values.be.service "domain" .Values.be.domain "hosts" $hosts) }}
{{- end }}

{{/* be listens on every host of its file: a file of its own, because lb's may have hosts that are elsewhere. */}}
{{- define "lb.be.config" -}}
{{- $listen := dict "address" "" "port" (int .Values.listen.port) }}
{{- toYaml (dict "proxy" (dict "listen" $listen "services" (list (include "lb.be.service" . | fromYaml)))) }}
{{- end }}

{{/* A domain that reaches a service of lb's configuration, for the examples in NOTES.txt; routes alone may lead to one. */}}
{{- define "lb.domain" -}}
{{- if .domain }}{{ .domain }}{{ else if .domains }}{{ first .domains }}{{ end }}
{{- end }}
