#include "serve/token_file.h"

#include <string.h>
#include <sys/stat.h>

static void look(const char *path, struct file_version *v)
{
    struct stat st;

    memset(v, 0, sizeof(*v));
    if (stat(path, &st) != 0)
        return;
    v->ino = st.st_ino;
    v->size = st.st_size;
    v->sec = st.st_mtim.tv_sec;
    v->nsec = st.st_mtim.tv_nsec;
}

void token_file_init(struct token_file *f)
{
    memset(f, 0, sizeof(*f));
    f->version.ino = UINT64_MAX; /* no version: requests wait for the first */
    atomic_init(&f->generation, 0);
    pthread_mutex_init(&f->lock, NULL);
}

void token_file_free(struct token_file *f)
{
    token_list_unref(f->list);
    pthread_mutex_destroy(&f->lock);
}

bool token_file_look(struct token_file *f)
{
    look(f->path, &f->seen);
    return memcmp(&f->seen, &f->version, sizeof(f->seen)) != 0;
}

void token_file_set(struct token_file *f, struct token_list *list)
{
    pthread_mutex_lock(&f->lock);
    token_list_unref(f->list);
    f->list = list;
    f->version = f->seen;
    atomic_fetch_add(&f->generation, 1);
    pthread_mutex_unlock(&f->lock);
}

bool token_view_renew(struct token_view *view, struct token_file *f)
{
    if (view->generation == atomic_load(&f->generation))
        return false;
    pthread_mutex_lock(&f->lock);
    token_list_unref(view->list);
    view->list = token_list_ref(f->list);
    view->version = f->version;
    view->generation = atomic_load(&f->generation);
    pthread_mutex_unlock(&f->lock);
    return true;
}

bool token_view_stale(const struct token_view *view, const struct token_file *f)
{
    struct file_version now;

    look(f->path, &now);
    return memcmp(&now, &view->version, sizeof(now)) != 0;
}
