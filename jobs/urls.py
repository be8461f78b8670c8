"""Addresses of the artist's pages and of what they ask behind them."""

from django.urls import path

from jobs.views import downloads, live, logs, pages, pages_render, pages_scene, scenes, uploads

urlpatterns = [
    path("", pages.landing, name="landing"),
    path("renders/", pages.renders, name="renders"),
    path("renders/new/", pages_scene.new_render, name="new_render"),
    path("frames-echo/", pages_scene.frames_echo, name="frames_echo"),
    path("scenes/", scenes.create, name="scenes_create"),
    path("scenes/<uuid:scene_id>/part/", pages_scene.scene_part, name="scene_part"),
    path("scenes/<uuid:scene_id>/order/", pages_scene.order, name="order"),
    path("scenes/<uuid:scene_id>/uploaded/", scenes.uploaded, name="scene_uploaded"),
    path("scenes/<uuid:scene_id>/main-file/", scenes.main_file, name="scene_main_file"),
    path("scenes/<uuid:scene_id>/uploads/", uploads.begin, name="uploads_begin"),
    path("uploads/open/", uploads.still_open, name="open_uploads"),
    path("uploads/<uuid:upload_id>/sign/", uploads.sign, name="upload_sign"),
    path("uploads/<uuid:upload_id>/parts/", uploads.parts, name="upload_parts"),
    path("uploads/<uuid:upload_id>/complete/", uploads.complete, name="upload_complete"),
    path("uploads/<uuid:upload_id>/abort/", uploads.abort, name="upload_abort"),
    path("renders/<uuid:job_id>/", pages_render.render_page, name="render"),
    path("renders/<uuid:job_id>/frames/<int:number>/", pages_render.frame, name="frame"),
    path("renders/<uuid:job_id>/cancel/", pages_render.cancel_render, name="cancel_render"),
    path("renders/<uuid:job_id>/again/", pages_render.render_failed_again, name="render_failed_again"),
    path("renders/<uuid:job_id>/log/", logs.lines, name="log_lines"),
    path("renders/<uuid:job_id>/log.txt", logs.text, name="log_text"),
    path("renders/<uuid:job_id>/changes/", live.changes, name="changes"),
    path("renders/<uuid:job_id>/frames/<int:number>/picture/", downloads.picture, name="frame_picture"),
    path("renders/<uuid:job_id>/frames/<int:number>/preview/", downloads.preview, name="frame_preview"),
    path("renders/<uuid:job_id>/frames/<int:number>/thumbnail/", downloads.thumbnail, name="frame_thumbnail"),
    path("renders/<uuid:job_id>/frames.zip", downloads.frames_zip, name="frames_zip"),
]
