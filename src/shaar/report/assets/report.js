(function(){'use strict';
var d=document,radios=d.querySelectorAll('input.lang'),key='shaar-language';
function chosen(){for(var i=0;i<radios.length;i++)if(radios[i].checked)return radios[i];return radios[0]}
function show(){var r=chosen();d.documentElement.lang=r.value;d.title=r.dataset.title;fit()}
function choose(v){radios.forEach(function(r){if(r.value===v)r.checked=true});show()}
function store(v){try{localStorage.setItem(key,v)}catch(e){}}
function stored(){try{return localStorage.getItem(key)}catch(e){return null}}
function fromHash(){var m=/^#(ru|ky|kk|en)-/.exec(location.hash);return m&&m[1]}
radios.forEach(function(r){r.addEventListener('change',function(){
store(r.value);
var m=/^#(?:ru|ky|kk|en)(-.*)$/.exec(location.hash);
if(m)history.replaceState(null,'','#'+r.value+m[1]);
show()})});

/* Words and signs on a map keep their size: --u is map units a pixel. */
var maps=[];
function fit(){maps.forEach(function(m){m.draw()})}
d.querySelectorAll('.mapbox').forEach(function(box){
var svg=box.querySelector('svg.map'),v=svg.viewBox.baseVal,W=v.width,H=v.height,view={x:0,y:0,w:W},scale=box.querySelector('.scale'),share=parseFloat(scale.style.width);
function draw(){var px=svg.clientWidth;if(!px)return;
svg.setAttribute('viewBox',view.x+' '+view.y+' '+view.w+' '+view.w*H/W);
svg.style.setProperty('--u',view.w/px);svg.style.touchAction=view.w<W?'none':'';
var s=share*W/view.w;scale.style.width=s+'%';scale.style.visibility=s>80?'hidden':''}
function zoom(f,cx,cy){var w=Math.min(W,Math.max(W/16,view.w/f));
if(cx===undefined){cx=.5;cy=.5}
view.x+=(view.w-w)*cx;view.y+=(view.w-w)*H/W*cy;view.w=w;hold();draw()}
function move(dx,dy){view.x+=dx*view.w;view.y+=dy*view.w*H/W;hold();draw()}
function hold(){view.x=Math.max(0,Math.min(W-view.w,view.x));view.y=Math.max(0,Math.min(H-view.w*H/W,view.y))}
maps.push({draw:draw});
var bar=d.createElement('div');bar.className='zoom';
[['+',2],['−',.5]].forEach(function(b){var e=d.createElement('button');e.type='button';e.textContent=b[0];e.setAttribute('aria-label',box.dataset[b[0]==='+'?'in':'out']);e.addEventListener('click',function(){zoom(b[1])});bar.appendChild(e)});
box.appendChild(bar);
box.tabIndex=0;
box.addEventListener('keydown',function(e){var k={ArrowLeft:[-.2,0],ArrowRight:[.2,0],ArrowUp:[0,-.2],ArrowDown:[0,.2]}[e.key];
if(k&&view.w<W){move(k[0],k[1]);e.preventDefault()}else if(e.key==='+'||e.key==='='){zoom(1.5)}else if(e.key==='-'){zoom(1/1.5)}});
var from=null;
svg.addEventListener('pointerdown',function(e){if(view.w<W){from=[e.clientX,e.clientY]}});
d.addEventListener('pointermove',function(e){if(!from)return;move((from[0]-e.clientX)/svg.clientWidth,(from[1]-e.clientY)/svg.clientHeight);from=[e.clientX,e.clientY]});
['pointerup','pointercancel'].forEach(function(n){d.addEventListener(n,function(){from=null})});
});
addEventListener('resize',fit);

/* One line shown alone, with its words beside the map. */
d.querySelectorAll('figure').forEach(function(fig){
var svg=fig.querySelector('svg.map'),panel=fig.querySelector('.line-panel');if(!svg||!panel)return;
function light(n){svg.classList.toggle('lit',n!==null);
svg.querySelectorAll('[data-line]').forEach(function(e){e.classList.toggle('on',e.dataset.line===n)});
panel.textContent='';if(n===null)return;
var lang=fig.id.slice(0,2),card=d.getElementById(lang+'-line-'+n);if(!card)return;
panel.style.setProperty('--c',getComputedStyle(card).getPropertyValue('--c'));
var h=d.createElement('p');h.style.fontWeight=600;card.querySelector('h4').childNodes.forEach(function(c){h.appendChild(c.cloneNode(true))});panel.appendChild(h);panel.appendChild(card.querySelector('.body').cloneNode(true))}
var pinned=null;
fig.querySelectorAll('a.ln').forEach(function(a){var n=a.dataset.line;
a.addEventListener('pointerenter',function(e){if(e.pointerType==='mouse')light(n)});
a.addEventListener('pointerleave',function(e){if(e.pointerType==='mouse')light(pinned)});
a.addEventListener('focus',function(){if(a.matches(':focus-visible'))light(n)});
a.addEventListener('click',function(e){e.preventDefault();pinned=pinned===n?null:n;light(pinned)})});
});

d.querySelectorAll('details.twin table[data-csv]').forEach(function(t){
var b=d.createElement('button');b.type='button';b.className='csv';b.textContent='CSV';
b.addEventListener('click',function(){
var rows=Array.prototype.map.call(t.rows,function(r){return Array.prototype.map.call(r.cells,function(c){return '"'+c.textContent.trim().replace(/"/g,'""')+'"'}).join(',')});
var a=d.createElement('a');a.href=URL.createObjectURL(new Blob(['\ufeff'+rows.join('\r\n')],{type:'text/csv'}));
a.download=t.dataset.csv+'.csv';a.click();setTimeout(function(){URL.revokeObjectURL(a.href)},1000)});
t.parentNode.after(b)});
addEventListener('beforeprint',function(){d.querySelectorAll('details').forEach(function(x){x.dataset.was=x.open?'1':'';x.open=true})});
addEventListener('afterprint',function(){d.querySelectorAll('details').forEach(function(x){x.open=x.dataset.was==='1'})});
function reveal(){var e=location.hash&&d.getElementById(location.hash.slice(1)),x=e&&e.querySelector('details');if(x)x.open=true}
addEventListener('hashchange',function(){var l=fromHash();if(l)choose(l);reveal()});reveal();
choose(fromHash()||stored()||chosen().value);
})();
